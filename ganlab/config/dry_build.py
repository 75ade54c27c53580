"""A trial of a configuration: every small part built for real, and the networks without memory for their weights."""

from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any, cast, final

import torch
from omegaconf import DictConfig, OmegaConf

from ganlab.conditioning import Conditioning
from ganlab.config.compatibility import Parts, broken_rules
from ganlab.config.forward_check import run_forward_checks
from ganlab.config.schema import RESERVED
from ganlab.config.targets import instantiate, locate
from ganlab.core.errors import ConfigIssue
from ganlab.core.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Spec, UpdateSchedule
from ganlab.lr_schedules import LearningRateSchedule

# What the constructors of these set, and an own part lacks that does not call them.
SET: dict[type, tuple[str, ...]] = {
    AdversarialLoss: ("flip",),
    Regularizer: ("_parameters", "weight", "every"),
    Augment: ("_parameters",),
    Latent: ("size",),
    UpdateSchedule: ("periods",),
}


def dry_build(config: DictConfig, broken: Set[str], spec: Spec | None = None) -> tuple[Parts, list[ConfigIssue]]:
    """Build the parts of all groups but the broken ones, and collect what their constructors refuse.

    `spec` is that of the data where they are read already, and else as far as the configuration tells.
    """
    attempts = _Builder(config, broken)
    parts = Parts(
        spec=spec or attempts.build("data", preview),
        loss=attempts.make("loss", AdversarialLoss),
        regularizer={
            name: term
            for name in attempts.several("regularizer")
            if (term := attempts.make(f"regularizer.{name}", Regularizer)) is not None
        },
        augment=attempts.make("augment", Augment),
        latent=attempts.make("latent", Latent),
        schedule=attempts.make("schedule", UpdateSchedule),
    )
    for group, kind in (("conditioning", Conditioning), ("lr_schedule", LearningRateSchedule)):
        attempts.make(group, kind)
    for player in attempts.several("optimizer"):
        weights = [torch.nn.Parameter(torch.zeros(1))]
        parts.optimizer[player] = attempts.build(f"optimizer.{player}", _call, weights)
    attempts.make("protocol", cast(type, locate("ganlab.metrics.Protocol")))
    callback = cast(type, locate("pytorch_lightning.Callback"))
    for group, made in (("training_hook", parts.training_hook), ("callback", {})):
        for name in attempts.several(group):
            if not attempts.reads_broken(f"{group}.{name}"):
                made[name] = attempts.make(f"{group}.{name}", callback)
    if "recovery" in config and "recovery" not in broken and not attempts.reads_broken("recovery"):
        parts.recovery = attempts.make("recovery", cast(type, locate("ganlab.recovery.Recovery")))
    parts.ema = attempts.build("ema", _call, torch.nn.Identity())
    if parts.spec is not None and parts.latent is not None:
        seen = replace(parts.spec, latent=parts.latent.size)
        game = None
        with torch.device("meta"):
            parts.generator = attempts.build("generator", _network, seen)
            parts.discriminator = attempts.build("discriminator", _network, seen)
            if not broken and not attempts.problems and not broken_rules(config, parts):
                game = attempts.build("game", _call, parts.spec)
        if game is not None:
            attempts.problems += run_forward_checks(config, game, parts.spec)
    return parts, attempts.problems


@final
class _Builder:
    """Builds one part after another, and keeps what each refuses in its own words."""

    def __init__(self, config: DictConfig, broken: Set[str]) -> None:
        self.config, self.broken = config, broken
        self.problems: list[ConfigIssue] = []

    def several(self, group: str) -> list[str]:
        """Return the names of a group's parts, none where the group is broken."""
        known = group not in self.broken and group in self.config
        return [str(name) for name in self.config[group]] if known else []

    def build(self, path: str, build: Callable[..., Any], *arguments: Any) -> Any:
        """Return what `build` makes of the node at a path, or None."""
        group = path.split(".")[0]
        if group in self.broken or group not in self.config:
            return None
        try:
            return build(OmegaConf.select(self.config, path), *arguments)
        except Exception as error:  # whatever a constructor may raise
            self.problems.append(ConfigIssue(group, f"{path}: {' '.join(str(error.__cause__ or error).split())}"))
            return None

    def make(self, path: str, kind: type) -> Any:
        """Return the part at a path, which must be of a kind, or None."""
        return self.build(path, _made, kind)

    def reads_broken(self, path: str) -> bool:
        """Return whether a node takes over a setting that is broken itself."""
        text = OmegaConf.to_yaml(OmegaConf.select(self.config, path))
        settings = self.broken | {problem.where for problem in self.problems}
        return any(f"${{{setting}}}" in text for setting in settings)


def _made(node: DictConfig, kind: type) -> Any:
    built = instantiate(node)
    if not isinstance(built, kind):
        raise TypeError(f"{node._target_} makes no {kind.__name__}; choose another _target_")
    if any(getattr(built, name, None) is None for name in SET.get(kind, ())):
        raise TypeError(f"{node._target_}.__init__ must call super().__init__(…), which {kind.__name__} needs")
    return built


def _network(node: DictConfig, spec: Spec) -> torch.nn.Module:
    built = _call(node, spec)
    if not isinstance(built, torch.nn.Module):
        raise TypeError(f"{node._target_} must make a torch.nn.Module of the data's Spec, got {built!r}")
    return built


def _call(node: DictConfig, argument: Any) -> Any:
    return instantiate(node)(argument)


def preview(node: DictConfig) -> Spec | None:
    """Return the spec of a data set that is described so, without reading it, or None where only that tells."""
    plain = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True))
    built = cast(Any, locate(plain["_target_"]))
    spec: Spec | None = built.preview(**{key: value for key, value in plain.items() if key not in RESERVED})
    return spec
