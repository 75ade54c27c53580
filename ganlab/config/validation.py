"""Every mistake of a composed configuration, found without building anything large or reading any data."""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import fields
from typing import Any, cast

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config.compatibility import broken_rules
from ganlab.config.dry_build import dry_build
from ganlab.config.schema import BOUNDS, CHOICES, RESERVED, SEVERAL, TRAIN, Command
from ganlab.config.targets import locate
from ganlab.config.types import mismatch
from ganlab.core.errors import ConfigIssue, suggest
from ganlab.core.interfaces import Spec

PLAIN = {"trainer"}  # groups that are no part themselves
NOT_YET = {"spec": "it comes from the data, so add '_partial_: true' to the part's yaml"}
PLAYERS = {"optimizer"}  # of SEVERAL, those with one part for each player


def find_issues(
    config: DictConfig, broken: Set[str] = frozenset(), command: Command = TRAIN, spec: Spec | None = None
) -> list[ConfigIssue]:
    """Return every mistake: in settings, in parts, in the values of parts, and in pairs that do not fit.

    Groups in `broken` are not looked into: they hold what the user did not ask for. `spec` is that of data that are
    read already.
    """
    try:
        plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        return [ConfigIssue("", f"{error.full_key or 'configuration'}: {str(error).splitlines()[0]}")]
    found = list(_root(plain, command.root))
    shallow = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    told = {f"${{{issue.where}}}" for issue in found}
    for group in [group for group in plain if group not in broken | {issue.where for issue in found}]:
        found += [ConfigIssue(group, sentence) for sentence in _nodes(plain[group], shallow[group], group, told)]
    parts, problems = dry_build(config, broken | {issue.where for issue in found}, spec)
    wrong = broken | {issue.where for issue in found}
    return [
        *found,
        *problems,
        *(ConfigIssue("", sentence) for sentence in broken_rules(config, parts, {*wrong, *_absent(config)})),
    ]


def _root(plain: Mapping[str, Any], root: type) -> Iterator[ConfigIssue]:
    """Judge the settings by their types and bounds, and groups by whether they hold parts at all."""
    known = {field.name: field.type for field in fields(root)}
    may_be_empty = {field.name for field in fields(root) if field.default_factory is dict}
    for key in plain:
        if key not in known:
            yield ConfigIssue(key, f"there is no setting '{key}'{suggest(key, known)}")
    for key, kind in known.items():
        value = plain.get(key, MISSING)
        if value == MISSING:
            yield ConfigIssue(key, f"{key}: nothing is chosen; write {key}=NAME")
        elif value == {} and key in may_be_empty:
            continue
        elif kind is Any:
            yield from (ConfigIssue(key, sentence) for sentence in _shape(key, value))
        elif problem := mismatch(value, kind):
            yield ConfigIssue(key, f"{key} must be {problem}, got {value!r}")
        elif key in BOUNDS and value < BOUNDS[key]:
            yield ConfigIssue(key, f"{key} must be at least {BOUNDS[key]}, got {value}")
        elif key in CHOICES and value not in CHOICES[key]:
            yield ConfigIssue(key, f"{key}: there is no '{value}'; choose {', '.join(CHOICES[key])}")


def _shape(group: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{group} must be a part, got {value!r}; write {group}=NAME"
    elif group in SEVERAL and "_target_" in value:
        yield (
            f"{group} is a list of parts, and the file of {value['_target_']} makes itself all of it; write "
            f"'# @package {group}.NAME' as its first line, by the name that it has there"
        )
    elif group in SEVERAL:
        for name, part in value.items():
            if not (isinstance(part, dict) and "_target_" in part):
                yield f"{group}.{name} must be a part, but it is only {part!r}; {_way(group, str(name), value)}"
    elif group not in PLAIN and "_target_" not in value:
        yield f"{group} must be a part, but it is only {value!r}; name one, as in {group}=NAME"


def _way(group: str, name: str, value: Mapping[str, Any]) -> str:
    """Say how a setting reaches a part of a group of several."""
    others = [key for key in value if key != name]
    if group in PLAYERS:
        return f"write {' and '.join(f'{group}.{player}.{name}' for player in others)} for the players' own"
    return f"list it with the others, as in {group}=[{','.join([*others, name])}]"


def _nodes(value: Any, shallow: Any, path: str, told: Set[str]) -> Iterator[str]:
    """Bind every node with a target to its class's signature; what is reached by interpolation is told of once.

    `told` holds the interpolations of settings that are known to be mistaken.
    """
    if isinstance(shallow, str) and isinstance(value, dict | list):
        if ":" not in shallow:
            return
        shallow = value  # made by a resolver, so nobody else tells of it
    if value == MISSING:
        yield f"{path}: nothing is given; write {path}=VALUE"
    if isinstance(value, dict):
        if "_target_" in value:
            yield from _bind(value, path, {key for key, given in shallow.items() if str(given) in told})
        if path == "trainer":
            yield from _bind({"_target_": "pytorch_lightning.Trainer", **value}, path)
        for key, inner in value.items():
            yield from _nodes(inner, shallow[key], f"{path}.{key}" if path else str(key), told)
    elif isinstance(value, list):
        for i, (inner, outer) in enumerate(zip(value, shallow, strict=True)):
            yield from _nodes(inner, outer, f"{path}[{i}]", told)


def _bind(node: Mapping[str, Any], path: str, spared: Set[str] = frozenset()) -> Iterator[str]:
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
        if key in RESERVED or key in spared:
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
                way = NOT_YET.get(key, f"write {path}.{key}=VALUE")
                yield f"{path}.{key}: {name} needs it; {way}"


def _hints(built: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(built.__init__ if inspect.isclass(built) else built)
    except (NameError, TypeError):  # a class of another package whose hints exist only for type checkers
        return {}


def _absent(config: DictConfig) -> set[str]:
    """Return the settings that other commands have."""
    return {field.name for field in fields(TRAIN.root)} - {str(key) for key in config}
