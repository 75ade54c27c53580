"""Find every issue of a composed configuration, without building anything large or reading any data."""

import inspect
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import fields
from typing import Any, cast, final

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config.compatibility import broken_rules
from ganlab.config.dry_build import dry_build
from ganlab.config.hints import did_you_mean, setting_paths
from ganlab.config.schema import BOUNDS, CHOICES, NAMED_COMPONENTS, PLAYER_GROUPS, RESERVED, TRAIN, Command
from ganlab.config.targets import locate
from ganlab.config.types import mismatch
from ganlab.config.update_settings import NETWORKS, UPDATE_SETTINGS, is_update_setting
from ganlab.core.errors import ConfigIssue, suggest
from ganlab.core.interfaces import Spec

ARGUMENT_GROUPS = {"trainer"}  # groups of plain arguments, without a component
# Arguments that are passed after the configuration is built.
LATE_ARGUMENTS = {"spec": "it comes from the data, so add '_partial_: true' to the component's yaml"}


def find_issues(
    config: DictConfig, invalid_groups: Set[str] = frozenset(), command: Command = TRAIN, spec: Spec | None = None
) -> list[ConfigIssue]:
    """Return the issues of settings, of components and their arguments, and of combinations that cannot work.

    Groups in `invalid_groups` are skipped: they do not hold what the user wanted. `spec` describes the data if they are
    already read.
    """
    try:
        resolved = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        return [ConfigIssue("", f"{error.full_key or 'configuration'}: {str(error).splitlines()[0]}")]
    unresolved = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    issues = [issue for issue in _check_settings(resolved, command.root) if issue.key not in invalid_groups]
    invalid = invalid_groups | {issue.key for issue in issues}
    checker = _SignatureChecker({issue.key for issue in issues}, list(setting_paths(unresolved)))
    for group in resolved:
        if group not in invalid:
            sentences = checker.check(resolved[group], unresolved[group], group)
            issues += [ConfigIssue(group, sentence) for sentence in sentences]
    invalid |= {issue.key for issue in issues}
    components, build_issues = dry_build(config, invalid, spec)
    # Settings that another command has are absent here; rules that read them do not apply.
    absent = {field.name for field in fields(TRAIN.root)} - {str(key) for key in config}
    rule_issues = [ConfigIssue("", sentence) for sentence in broken_rules(config, components, invalid | absent)]
    return [*issues, *build_issues, *rule_issues]


def _check_settings(resolved: Mapping[str, Any], root: type) -> Iterator[ConfigIssue]:
    """Check the settings by type and bounds, and whether each group holds components."""
    known = {field.name: field.type for field in fields(root)}
    may_be_absent = {field.name for field in fields(root) if field.default is None}
    may_be_empty = {field.name for field in fields(root) if field.default_factory is dict}
    for key in resolved:
        if key not in known:
            yield ConfigIssue(key, f"there is no setting '{key}'{suggest(key, known)}")
    for key, kind in known.items():
        if key in may_be_absent - resolved.keys():
            continue
        value = resolved.get(key, MISSING)
        if value == MISSING:
            yield ConfigIssue(key, f"{key}: nothing is chosen; write {key}=NAME")
        elif value == {} and key in may_be_empty:
            continue
        elif kind is Any:
            yield from (ConfigIssue(key, sentence) for sentence in _check_group(key, value))
        elif problem := mismatch(value, kind):
            yield ConfigIssue(key, f"{key} must be {problem}, got {value!r}")
        elif key in BOUNDS and (below := [v for v in _numbers(value) if v < BOUNDS[key]]):
            yield ConfigIssue(key, f"{key} must be at least {BOUNDS[key]}, got {below[0]}")
        elif key in CHOICES and value not in CHOICES[key]:
            similar = suggest(str(value), CHOICES[key])
            yield ConfigIssue(key, f"{key}: there is no '{value}'; choose {', '.join(CHOICES[key])}{similar}")


def _numbers(value: Any) -> list[Any]:
    """Return a setting's numbers: one, or one by name."""
    return list(value.values()) if isinstance(value, dict) else [value]


def _check_group(group: str, value: Any) -> Iterator[str]:
    """Check that a group is a component, or that it holds components by name."""
    if not isinstance(value, dict):
        yield f"{group}: expected a component, got {value!r}; write {group}=NAME"
    elif group in NAMED_COMPONENTS and "_target_" in value:
        yield (
            f"{group} is a list of components, but the file of {value['_target_']} replaces the list; write "
            f"'# @package {group}.NAME' as its first line"
        )
    elif group in NAMED_COMPONENTS:
        for name, component in value.items():
            if not (isinstance(component, dict) and "_target_" in component):
                advice = _advise_on_named_component(group, str(name), value)
                yield f"{group}.{name}: expected a component, got {component!r}; {advice}"
    elif group not in ARGUMENT_GROUPS and "_target_" not in value:
        yield f"{group}: expected a component, got {value!r}; write {group}=NAME"


def _advise_on_named_component(group: str, name: str, value: Mapping[str, Any]) -> str:
    """Return how to set a value that was written directly below a group of named components."""
    if group in PLAYER_GROUPS:
        players = [key for key in value if key != name]
        return f"set it per player: {' and '.join(f'{group}.{player}.{name}' for player in players)}"
    return f"select it first, as in '+{group}=[{name}]'"


@final
class _SignatureChecker:
    """Compares the arguments of every node that has a `_target_` with the signature of its class.

    The resolved and the unresolved configuration are walked in parallel, so that each issue is reported once, at the
    place where its value is written. Take a configuration with batch_size=many, which is already reported:

        unresolved                                resolved
        latent: {size: big}                       latent: {size: big}           reported: latent.size must be …
        game: {latent: ${latent}}                 game: {latent: {size: big}}   a copy: skipped
        callback: {x: {count: ${batch_size}}}     callback: {x: {count: many}}  `count` copies a reported value: skipped
        loss: ${oc.create:{_target_: …}}          loss: {_target_: …}           made by a resolver: checked
    """

    def __init__(self, reported: Collection[str], paths: Collection[str]) -> None:
        """Take the settings that are already reported, and the dotted names of all settings for suggestions."""
        self.reported = {f"${{{key}}}" for key in reported}
        self.paths = paths

    def check(self, value: Any, unresolved: Any, path: str) -> Iterator[str]:
        """Yield the issues of a node and of all nodes inside it."""
        if isinstance(unresolved, str) and isinstance(value, dict | list):
            if ":" not in unresolved:  # an interpolation, checked at its source
                return
            unresolved = value
        if value == MISSING:
            yield f"{path}: no value is set; write {path}=VALUE"
        if isinstance(value, dict):
            if "_target_" in value:
                copies = {key for key, inner in unresolved.items() if str(inner) in self.reported}
                yield from self._bind(value, path, copies)
            if path == "trainer":
                yield from self._bind({"_target_": "pytorch_lightning.Trainer", **value}, path)
            for key, inner in value.items():
                yield from self.check(inner, unresolved[key], f"{path}.{key}")
        elif isinstance(value, list):
            for i, (inner, inner_unresolved) in enumerate(zip(value, unresolved, strict=True)):
                yield from self.check(inner, inner_unresolved, f"{path}[{i}]")

    def _bind(self, node: Mapping[str, Any], path: str, skipped: Set[str] = frozenset()) -> Iterator[str]:
        """Yield the arguments of a node that its class does not take, does not accept, or misses."""
        target = str(node["_target_"])
        try:
            built = locate(target)
        except LookupError as error:
            yield f"{path}: {error}"
            return
        name = getattr(built, "__name__", target)
        parameters = inspect.signature(built).parameters
        takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
        hints = _type_hints(built)
        for key, value in node.items():
            if key in RESERVED or key in skipped:
                continue
            if key in parameters:
                if problem := mismatch(value, hints.get(str(key), Any)):
                    yield f"{path}.{key} must be {problem}, got {value!r}"
            elif is_update_setting(path, str(key)):
                if problem := mismatch(value, UPDATE_SETTINGS[str(key)].type):
                    yield f"{path}.{key} must be {problem}, got {value!r}"
            elif not takes_any:
                more = UPDATE_SETTINGS if path in NETWORKS else ()
                similar = suggest(str(key), [*parameters, *more]) or self._suggest_elsewhere(f"{path}.{key}")
                yield f"{path}.{key}: {name} has no such setting{similar}"
        if not node.get("_partial_"):
            for key, parameter in parameters.items():
                is_named = parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
                if is_named and parameter.default is inspect.Parameter.empty and key not in node:
                    advice = LATE_ARGUMENTS.get(key, f"write {path}.{key}=VALUE")
                    yield f"{path}.{key}: {name} requires it; {advice}"

    def _suggest_elsewhere(self, path: str) -> str:
        """Return a suggestion of settings that end with this path: optimizer.generator.lr for generator.lr."""
        return did_you_mean([setting for setting in self.paths if setting.endswith(f".{path}")])


def _type_hints(built: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(built.__init__ if inspect.isclass(built) else built)
    except (NameError, TypeError):  # hints of other packages may exist for type checkers only
        return {}
