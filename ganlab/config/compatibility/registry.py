"""Registry of compatibility rules, and the components that they compare."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from omegaconf import DictConfig
from torch import nn
from torch.optim import Optimizer

from ganlab.core.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Spec, UpdateSchedule
from ganlab.ema import EMA
from ganlab.recovery import Recovery


@dataclass
class Components:
    """The components that the rules compare; one that could not be built is absent and reported elsewhere."""

    spec: Spec | None  # also None if it depends on the files of the data set
    loss: AdversarialLoss | None
    regularizer: Mapping[str, Regularizer]
    augment: Augment | None = None
    latent: Latent | None = None
    generator: nn.Module | None = None  # both networks are on the meta device
    discriminator: nn.Module | None = None
    recovery: Recovery | None = None
    schedule: UpdateSchedule | None = None
    optimizer: dict[str, Optimizer | None] = field(default_factory=dict)
    training_hook: dict[str, object] = field(default_factory=dict)
    ema: EMA | None = None


Rule = Callable[[DictConfig, Components], str | None]
_rules: list[tuple[Rule, tuple[str, ...]]] = []


def rule(*reads: str) -> Callable[[Rule], Rule]:
    """Register a rule for all configurations; `reads` names the settings and groups that it reads from the config."""

    def add(function: Rule) -> Rule:
        _rules.append((function, reads))
        return function

    return add


def broken_rules(config: DictConfig, components: Components, invalid: Set[str] = frozenset()) -> list[str]:
    """Return the sentences of all broken rules; a rule that reads an invalid setting or group is skipped."""
    sentences = [function(config, components) for function, reads in _rules if invalid.isdisjoint(reads)]
    return [sentence for sentence in sentences if sentence]
