"""Every mistake of a composed configuration, found without building anything large or reading any data."""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import fields, replace
from typing import Any, cast

import torch
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config import instantiate, locate
from ganlab.errors import Mistake, suggest
from ganlab.interfaces import AdversarialLoss, Augment, Latent, Regularizer, Schedule, Spec
from ganlab.lr_schedule import LearningRateSchedule
from ganlab.rules import Parts, broken_rules
from ganlab.schema import BOUNDS, CHOICES, TRAIN, Command
from ganlab.values import mismatch

RESERVED = {"_target_", "_partial_", "_args_", "_recursive_", "_convert_"}
# Groups of several parts, and groups that are no part themselves.
SEVERAL = {"regularizer", "optimizer", "metric", "callback", "logger"}
PLAIN = {"trainer"}


def mistakes(config: DictConfig, broken: Set[str] = frozenset(), command: Command = TRAIN) -> list[Mistake]:
    """Return every mistake: in settings, in parts, in the values of parts, and in pairs that do not fit.

    Groups in `broken` are not looked into: they hold what the user did not ask for.
    """
    try:
        plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        return [Mistake("", f"{error.full_key or 'configuration'}: {str(error).splitlines()[0]}")]
    found = list(_root(plain, command.root))
    shallow = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    for group in [group for group in plain if group not in broken | {mistake.where for mistake in found}]:
        found += [Mistake(group, sentence) for sentence in _nodes(plain[group], shallow[group], group)]
    parts, problems = _build(config, broken | {mistake.where for mistake in found})
    wrong = broken | {mistake.where for mistake in found}
    return [
        *found,
        *problems,
        *(Mistake("", sentence) for sentence in broken_rules(config, parts, {*wrong, *_absent(config)})),
    ]


def _root(plain: Mapping[str, Any], root: type) -> Iterator[Mistake]:
    """Judge the settings by their types and bounds, and groups by whether they hold parts at all."""
    known = {field.name: field.type for field in fields(root)}
    for key in plain:
        if key not in known:
            yield Mistake(key, f"there is no setting '{key}'{suggest(key, known)}")
    for key, kind in known.items():
        value = plain.get(key, MISSING)
        if value == MISSING:
            yield Mistake(key, f"{key}: nothing is chosen; write {key}=NAME")
        elif kind is Any:
            yield from (Mistake(key, sentence) for sentence in _shape(key, value))
        elif problem := mismatch(value, kind):
            yield Mistake(key, f"{key} must be {problem}, got {value!r}")
        elif key in BOUNDS and value < BOUNDS[key]:
            yield Mistake(key, f"{key} must be at least {BOUNDS[key]}, got {value}")
        elif key in CHOICES and value not in CHOICES[key]:
            yield Mistake(key, f"{key}: there is no '{value}'; choose {', '.join(CHOICES[key])}")


def _shape(group: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{group} must be a part, got {value!r}; write {group}=NAME"
    elif group in SEVERAL:
        for name, part in value.items():
            if not (isinstance(part, dict) and "_target_" in part):
                yield f"{group}.{name} must be a part with a _target_, got {part!r}"
    elif group not in PLAIN and "_target_" not in value:
        yield f"{group} must be a part with a _target_, got {value!r}"


def _nodes(value: Any, shallow: Any, path: str) -> Iterator[str]:
    """Bind every node with a target to its class's signature; a node reached by interpolation is told of once."""
    if isinstance(shallow, str) and isinstance(value, dict | list):
        if ":" not in shallow:
            return
        shallow = value  # made by a resolver, so nobody else tells of it
    if value == MISSING:
        yield f"{path}: nothing is given; write {path}=VALUE"
    if isinstance(value, dict):
        if "_target_" in value:
            yield from _bind(value, path)
        if path == "trainer":
            yield from _bind({"_target_": "pytorch_lightning.Trainer", **value}, path)
        for key, inner in value.items():
            yield from _nodes(inner, shallow[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for i, (inner, outer) in enumerate(zip(value, shallow, strict=True)):
            yield from _nodes(inner, outer, f"{path}[{i}]")


def _bind(node: Mapping[str, Any], path: str) -> Iterator[str]:
    target = str(node["_target_"])
    try:
        built = locate(target)
    except LookupError as error:
        yield f"{path}: {error}"
        return
    name = getattr(built, "__name__", target)
    parameters = inspect.signature(built).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    hints = _hints(built)
    for key, value in node.items():
        if key in RESERVED:
            continue
        if key not in parameters:
            if not open_ended:
                yield f"{path}.{key}: {name} has no such setting{suggest(str(key), parameters)}"
            continue
        problem = mismatch(value, hints.get(str(key), Any))
        if problem:
            yield f"{path}.{key} must be {problem}, got {value!r}"
    if not node.get("_partial_"):
        for key, parameter in parameters.items():
            named = parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
            if named and parameter.default is inspect.Parameter.empty and key not in node:
                yield f"{path}.{key}: {name} needs it; write {path}.{key}=VALUE"


def _hints(built: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(built.__init__ if inspect.isclass(built) else built)
    except (NameError, TypeError):  # a class of another package whose hints exist only for type checkers
        return {}


def _build(config: DictConfig, broken: Set[str]) -> tuple[Parts, list[Mistake]]:
    """Build every small part for real and the networks without memory, and collect what their constructors refuse."""
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
    )
    attempt("augment", _made, config.get("augment"), Augment)
    attempt("schedule", _made, config.get("schedule"), Schedule)
    attempt("lr_schedule", _made, config.get("lr_schedule"), LearningRateSchedule)
    for player in several("optimizer"):
        attempt(f"optimizer.{player}", _call, config.optimizer[player], [torch.nn.Parameter(torch.zeros(1))])
    attempt("protocol", _made, config.get("protocol"), cast(type, locate("ganlab.metrics.Protocol")))
    callback = cast(type, locate("pytorch_lightning.Callback"))
    for name in several("callback"):
        if not _reads(config.callback[name], broken | {problem.where for problem in problems}):
            attempt(f"callback.{name}", _made, config.callback[name], callback)
    attempt("ema", _call, config.get("ema"), torch.nn.Identity())
    latent = attempt("latent", _made, config.get("latent"), Latent)
    if parts.spec is not None and latent is not None:
        seen = replace(parts.spec, latent=latent.size)
        with torch.device("meta"):
            attempt("generator", _call, config.get("generator"), seen)
            parts.discriminator = attempt("discriminator", _call, config.get("discriminator"), seen)
            if not broken and not problems:
                attempt("game", _call, config.game, parts.spec)
    return parts, problems


def _absent(config: DictConfig) -> set[str]:
    """Return the settings that other commands have."""
    return {field.name for field in fields(TRAIN.root)} - {str(key) for key in config}


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
