"""Every mistake of a composed configuration, found without building anything large or reading any data."""

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, replace
from typing import Any, cast

import torch
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config import instantiate, locate
from ganlab.errors import Mistake, suggest
from ganlab.interfaces import Spec
from ganlab.rules import Parts, broken_rules
from ganlab.schema import BOUNDS, CHOICES, Root

RESERVED = {"_target_", "_partial_", "_args_", "_recursive_", "_convert_"}


def mistakes(config: DictConfig, broken: Set[str] = frozenset()) -> list[Mistake]:
    """Return every mistake: in settings, in parts, in the values of parts, and in pairs that do not fit.

    Groups in `broken` are not looked into: they hold what the user did not ask for.
    """
    found = [Mistake(sentence.split()[0].split(".")[0].rstrip(":"), sentence) for sentence in _root(config)]
    try:
        plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        return [*found, Mistake("", f"{error.full_key or 'configuration'}: {str(error).splitlines()[0]}")]
    shallow = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    for group in plain.keys() - broken:
        found += [Mistake(group, sentence) for sentence in _nodes(plain[group], shallow[group], group)]
    parts, problems = _build(config, broken | {mistake.where for mistake in found})
    return [*found, *problems, *(Mistake("", sentence) for sentence in broken_rules(config, parts))]


def _root(config: DictConfig) -> Iterator[str]:
    known = {field.name: field.type for field in fields(Root)}
    for key in map(str, config):
        if key not in known:
            yield f"there is no setting '{key}'{suggest(key, known)}"
        elif OmegaConf.is_missing(config, key):
            yield f"{key}: nothing is chosen; write {key}=NAME"
    plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    for key, kind in known.items():
        value = plain.get(key)
        if key not in config or value is None or str(value).startswith("${"):
            continue
        problem = _mismatch(value, kind)
        if problem:
            yield f"{key} must be {problem}, got {value!r}"
        elif key in BOUNDS and value < BOUNDS[key]:
            yield f"{key} must be at least {BOUNDS[key]}, got {value}"
        elif key in CHOICES and value not in CHOICES[key]:
            yield f"{key}: there is no '{value}'; choose {', '.join(CHOICES[key])}"


def _nodes(value: Any, shallow: Any, path: str) -> Iterator[str]:
    """Bind every node with a target to its class's signature; a node reached by interpolation is told of once."""
    if isinstance(shallow, str) and shallow.startswith("${") and isinstance(value, dict | list):
        return
    if isinstance(value, dict):
        if "_target_" in value:
            yield from _bind(value, path)
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
        problem = _mismatch(value, hints.get(str(key), Any))
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


WORDS = {int: "an integer", float: "a number", str: "text", bool: "true or false"}


def _mismatch(value: Any, kind: Any) -> str:
    """Return what a plain value ought to be where it is not of a plain type; other types are left to their class."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        plain = [each for each in arguments if each is not type(None)]
        problems = [_mismatch(value, each) for each in plain]
        fits = not all(problems) or (value is None and type(None) in arguments)
        return "" if fits else " or ".join(dict.fromkeys(problems))
    if origin in (list, Sequence):
        inner = arguments[0] if arguments else Any
        bad = not isinstance(value, list) or any(_mismatch(each, inner) for each in value)
        return f"a list, each {_mismatch([], inner) or 'value'}, such as [1,2]" if bad and inner in WORDS else ""
    if kind not in WORDS:
        return ""
    if kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, kind)
    return "" if fits else WORDS[kind]


def _build(config: DictConfig, broken: Set[str]) -> tuple[Parts, list[Mistake]]:
    """Build every small part for real and the networks without memory, and collect what their constructors refuse."""
    problems: list[Mistake] = []

    def attempt(path: str, build: Callable[..., Any], *arguments: Any) -> Any:
        group = path.split(".")[0]
        if group in broken:
            return None
        try:
            return build(*arguments)
        except Exception as error:  # what a constructor refuses, in its own words
            problems.append(Mistake(group, f"{path}: {' '.join(str(error.__cause__ or error).split())}"))
            return None

    parts = Parts(
        spec=attempt("data", _preview, config.data),
        loss=attempt("loss", instantiate, config.loss),
        regularizer={
            name: term
            for name, node in config.regularizer.items()
            if (term := attempt(f"regularizer.{name}", instantiate, node)) is not None
        },
    )
    for group in ("augment", "schedule", "lr_schedule"):
        attempt(group, instantiate, config[group])
    for player, node in config.optimizer.items():
        attempt(f"optimizer.{player}", _call, node, [torch.nn.Parameter(torch.zeros(1))])
    attempt("ema", _call, config.ema, torch.nn.Identity())
    latent = attempt("latent", instantiate, config.latent)
    if parts.spec is not None and latent is not None:
        seen = replace(parts.spec, latent=latent.size)
        with torch.device("meta"):
            attempt("generator", _call, config.generator, seen)
            parts.discriminator = attempt("discriminator", _call, config.discriminator, seen)
    return parts, problems


def _call(node: DictConfig, argument: Any) -> Any:
    return instantiate(node)(argument)


def _preview(node: DictConfig) -> Spec | None:
    plain = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True))
    built = cast(Any, locate(plain["_target_"]))
    spec: Spec | None = built.preview(**{key: value for key, value in plain.items() if key not in RESERVED})
    return spec
