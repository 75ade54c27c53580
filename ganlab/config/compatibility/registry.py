"""What a rule is, and what it looks at."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from omegaconf import DictConfig
from torch import nn
from torch.optim import Optimizer

from ganlab.core.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Spec, UpdateSchedule
from ganlab.ema import EMA
from ganlab.recovery import Recovery


@dataclass
class Parts:
    """What the rules look at; a part that could not be built is absent, and its mistake is told elsewhere."""

    spec: Spec | None  # None also where only the data's files tell it
    loss: AdversarialLoss | None
    regularizer: Mapping[str, Regularizer]
    augment: Augment | None = None
    latent: Latent | None = None
    generator: nn.Module | None = None  # without memory for its weights, and so is the discriminator
    discriminator: nn.Module | None = None
    recovery: Recovery | None = None
    schedule: UpdateSchedule | None = None
    optimizer: dict[str, Optimizer | None] = field(default_factory=dict)
    training_hook: dict[str, object] = field(default_factory=dict)
    ema: EMA | None = None


Rule = Callable[[DictConfig, Parts], str | None]
_rules: list[tuple[Rule, tuple[str, ...]]] = []


def rule(*reads: str) -> Callable[[Rule], Rule]:
    """Add a rule to those that every configuration is held to; it reads these settings and groups, besides parts."""

    def add(function: Rule) -> Rule:
        _rules.append((function, reads))
        return function

    return add


def broken_rules(config: DictConfig, parts: Parts, mistaken: Set[str] = frozenset()) -> list[str]:
    """Return the sentences of all rules that the configuration breaks, without those that read mistaken settings."""
    judged = [function for function, reads in _rules if mistaken.isdisjoint(reads)]
    return [sentence for each in judged if (sentence := each(config, parts))]
