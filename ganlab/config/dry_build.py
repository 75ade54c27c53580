"""Dry build of a configuration: small components are built for real, networks on the meta device without memory."""

from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any, cast, final

import torch
from omegaconf import DictConfig, OmegaConf

from ganlab.conditioning import Conditioning
from ganlab.config.compatibility import Components, broken_rules
from ganlab.config.dry_settings import check_logger, check_metric
from ganlab.config.forward_check import run_forward_checks
from ganlab.config.nested_data import preview_settings
from ganlab.config.network_nodes import find_update_settings
from ganlab.config.targets import instantiate, locate, takes_argument
from ganlab.core.errors import ConfigIssue
from ganlab.core.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Spec, UpdateSchedule
from ganlab.layers.limited_updates import limit_updates
from ganlab.lr_schedules import LearningRateSchedule

# Attributes that a base class sets in its constructor; a custom component lacks them if it does not call super().
BASE_ATTRIBUTES: dict[type, tuple[str, ...]] = {
    AdversarialLoss: ("flip",),
    Regularizer: ("_parameters", "weight", "every"),
    Augment: ("_parameters",),
    Latent: ("size",),
    UpdateSchedule: ("periods",),
}


def dry_build(
    config: DictConfig, invalid_groups: Set[str], spec: Spec | None = None
) -> tuple[Components, list[ConfigIssue]]:
    """Build the components of all valid groups; returns them, and the errors of their constructors.

    `spec` describes the data if they are already read; otherwise it comes from the configuration, which may not
    determine it.
    """
    builder = _Builder(config, invalid_groups)
    components = Components(
        spec=spec or builder.build("data", preview),
        loss=builder.build_kind("loss", AdversarialLoss),
        regularizer={
            name: term
            for name in builder.names("regularizer")
            if (term := builder.build_kind(f"regularizer.{name}", Regularizer)) is not None
        },
        augment=builder.build_kind("augment", Augment),
        latent=builder.build_kind("latent", Latent),
        schedule=builder.build_kind("schedule", UpdateSchedule),
    )
    builder.build_kind("conditioning", Conditioning)
    builder.build_kind("lr_schedule", LearningRateSchedule)
    for player in builder.names("optimizer"):
        weights = [torch.nn.Parameter(torch.zeros(1))]
        components.optimizer[player] = builder.build(f"optimizer.{player}", _call, weights)
    protocol = builder.build_kind("protocol", cast(type, locate("ganlab.metrics.Protocol")))
    generated = protocol.samples if protocol is not None and config.get("fake") is None else None
    for name in builder.names("metric"):
        builder.build(f"metric.{name}", check_metric, generated)
    for name in builder.names("logger"):
        builder.build(f"logger.{name}", check_logger)
    callback = cast(type, locate("pytorch_lightning.Callback"))
    components.training_hook = builder.build_callbacks("training_hook", callback)
    builder.build_callbacks("callback", callback)
    if "recovery" in config and "recovery" not in invalid_groups and not builder.reads_invalid("recovery"):
        components.recovery = builder.build_kind("recovery", cast(type, locate("ganlab.recovery.Recovery")))
    components.ema = builder.build("ema", _call, torch.nn.Identity())
    if components.spec is not None and components.latent is not None:
        _build_networks(builder, components)
    return components, builder.issues


def preview(node: DictConfig) -> Spec | None:
    """Return the spec of a data set without reading it, or None if it depends on the files."""
    plain = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True))
    return cast(Spec | None, preview_settings(plain, cast(type, locate("ganlab.data.DataSet"))))


@final
class _Builder:
    """Builds components one by one, and collects the errors of their constructors as `issues`."""

    def __init__(self, config: DictConfig, invalid_groups: Set[str]) -> None:
        self.config, self.invalid_groups = config, invalid_groups
        self.issues: list[ConfigIssue] = []

    def names(self, group: str) -> list[str]:
        """Return the names of the components in a group, none if the group is invalid or absent."""
        if group in self.invalid_groups or group not in self.config:
            return []
        return [str(name) for name in self.config[group]]

    def build(self, path: str, build: Callable[..., Any], *arguments: Any) -> Any:
        """Return what `build` makes of the node at a path, or None if it fails or its group is invalid or absent."""
        group = path.split(".")[0]
        if group in self.invalid_groups or group not in self.config:
            return None
        try:
            return build(OmegaConf.select(self.config, path), *arguments)
        except Exception as error:  # a constructor may raise anything
            sentence = " ".join(str(error.__cause__ or error).split())
            named = sentence.startswith((f"{path}.", f"{path} "))  # as some constructors name their own settings
            self.issues.append(ConfigIssue(group, sentence if named else f"{path}: {sentence}"))
            return None

    def build_kind(self, path: str, kind: type) -> Any:
        """Return the component at a path, which must be an instance of `kind`, or None."""
        return self.build(path, _instantiate_kind, kind)

    def build_callbacks(self, group: str, kind: type) -> dict[str, object]:
        """Return the callbacks of a group by name, without those that take an invalid setting."""
        paths = {name: f"{group}.{name}" for name in self.names(group)}
        return {name: self.build_kind(path, kind) for name, path in paths.items() if not self.reads_invalid(path)}

    def reads_invalid(self, path: str) -> bool:
        """Return whether a node interpolates a setting that is itself invalid."""
        text = OmegaConf.to_yaml(OmegaConf.select(self.config, path))
        settings = self.invalid_groups | {issue.key for issue in self.issues}
        return any(f"${{{setting}}}" in text for setting in settings)


def _build_networks(builder: _Builder, components: Components) -> None:
    """Build both networks; if no issue is known, also build the game and check custom components in it."""
    config, spec = builder.config, cast(Spec, components.spec)
    network_spec = replace(spec, latent=cast(Latent, components.latent).size)
    game = None
    with torch.device("meta"):
        components.generator = builder.build("generator", _build_network, network_spec)
        components.discriminator = builder.build("discriminator", _build_network, network_spec)
        if not builder.invalid_groups and not builder.issues and not broken_rules(config, components):
            game = builder.build("game", _call, spec)
    if game is not None:
        builder.issues += run_forward_checks(config, game, spec)


def _instantiate_kind(node: DictConfig, kind: type) -> Any:
    built = instantiate(node)
    if not isinstance(built, kind):
        raise TypeError(f"{node._target_} must build a {kind.__name__}; choose another _target_")
    if any(getattr(built, name, None) is None for name in BASE_ATTRIBUTES.get(kind, ())):
        raise TypeError(f"{node._target_}.__init__ must call super().__init__(…) of {kind.__name__}")
    return built


def _build_network(node: DictConfig, spec: Spec) -> torch.nn.Module:
    built = _call(node, spec)
    if not isinstance(built, torch.nn.Module):
        raise TypeError(f"{node._target_} must build a torch.nn.Module from the data's Spec, got {built!r}")
    if settings := find_update_settings(node, takes_argument):
        limit_updates(built, **settings)
    return built


def _call(node: DictConfig, argument: Any) -> Any:
    return instantiate(node)(argument)
