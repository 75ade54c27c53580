"""A trial of a configuration: every small part built for real, and the networks without memory for their weights."""

from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any, cast

import torch
from omegaconf import DictConfig, OmegaConf

from ganlab.config import instantiate, locate
from ganlab.errors import Mistake
from ganlab.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Schedule, Spec
from ganlab.layers import Conditioning
from ganlab.lr_schedule import LearningRateSchedule
from ganlab.rules import Parts, broken_rules
from ganlab.schema import RESERVED


def trial(config: DictConfig, broken: Set[str]) -> tuple[Parts, list[Mistake]]:
    """Build the parts of all groups but the broken ones, and collect what their constructors refuse."""
    problems: list[Mistake] = []

    def several(group: str) -> list[str]:
        return [] if group in broken or group not in config else [str(name) for name in config[group]]

    def attempt(path: str, build: Callable[..., Any], *arguments: Any) -> Any:
        group = path.split(".")[0]
        if group in broken or group not in config:
            return None
        try:
            return build(*arguments)
        except Exception as error:  # what a constructor refuses, in its own words
            problems.append(Mistake(group, f"{path}: {' '.join(str(error.__cause__ or error).split())}"))
            return None

    parts = Parts(
        spec=attempt("data", _preview, config.get("data")),
        loss=attempt("loss", _made, config.get("loss"), AdversarialLoss),
        regularizer={
            name: term
            for name in several("regularizer")
            if (term := attempt(f"regularizer.{name}", _made, config.regularizer[name], Regularizer)) is not None
        },
        augment=attempt("augment", _made, config.get("augment"), Augment),
        latent=attempt("latent", _made, config.get("latent"), Latent),
    )
    attempt("conditioning", _made, config.get("conditioning"), Conditioning)
    attempt("schedule", _made, config.get("schedule"), Schedule)
    attempt("lr_schedule", _made, config.get("lr_schedule"), LearningRateSchedule)
    for player in several("optimizer"):
        weights = [torch.nn.Parameter(torch.zeros(1))]
        parts.optimizer[player] = attempt(f"optimizer.{player}", _call, config.optimizer[player], weights)
    attempt("protocol", _made, config.get("protocol"), cast(type, locate("ganlab.metrics.Protocol")))
    callback = cast(type, locate("pytorch_lightning.Callback"))
    for name in several("callback"):
        if not _reads(config.callback[name], broken | {problem.where for problem in problems}):
            attempt(f"callback.{name}", _made, config.callback[name], callback)
    recovery = cast(type, locate("ganlab.callbacks.Recovery"))
    if "recovery" in config and not _reads(config.recovery, broken | {problem.where for problem in problems}):
        parts.recovery = attempt("recovery", _made, config.recovery, recovery)
    attempt("ema", _call, config.get("ema"), torch.nn.Identity())
    if parts.spec is not None and parts.latent is not None:
        seen = replace(parts.spec, latent=parts.latent.size)
        with torch.device("meta"):
            parts.generator = attempt("generator", _call, config.get("generator"), seen)
            parts.discriminator = attempt("discriminator", _call, config.get("discriminator"), seen)
            if not broken and not problems and not broken_rules(config, parts):
                attempt("game", _call, config.game, parts.spec)
    return parts, problems


def _reads(node: DictConfig, settings: Set[str]) -> bool:
    text = OmegaConf.to_yaml(node)
    return any(f"${{{setting}}}" in text for setting in settings)


def _made(node: DictConfig, kind: type) -> Any:
    built = instantiate(node)
    if not isinstance(built, kind):
        raise TypeError(f"{node._target_} makes no {kind.__name__}; choose another _target_")
    return built


def _call(node: DictConfig, argument: Any) -> Any:
    return instantiate(node)(argument)


def _preview(node: DictConfig) -> Spec | None:
    plain = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True))
    built = cast(Any, locate(plain["_target_"]))
    spec: Spec | None = built.preview(**{key: value for key, value in plain.items() if key not in RESERVED})
    return spec
