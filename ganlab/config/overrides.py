"""Command-line overrides: each one is checked separately, and all errors are reported together."""

import os
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import MISSING, OmegaConf

from ganlab.config.groups import LIST_GROUPS, choices
from ganlab.config.hints import hint, setting_paths
from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.schema import NAMED_COMPONENTS, TRAIN, Command
from ganlab.core.errors import ConfigIssue, ConfigurationError, suggest
from ganlab.core.renamed import current_override
from ganlab.core.shell_lines import escape

KEY = re.compile(r"[+~]{0,2}[\w./@-]+")
SYNTAX = "write KEY=VALUE, such as loss=hinge, with quotes around lists and spaces"


def normalize(
    overrides: Iterable[str], directories: Sequence[Path], command: Command = TRAIN
) -> tuple[list[str], list[ConfigIssue]]:
    """Return the valid overrides in Hydra's syntax, and the issues of the others.

    A value inside a component is forced (`++`), because the signature of the component's class, not its yaml, decides
    which keys it has. `+GROUP=[C]` and `GROUP=[A,B]` of one list group become one list.
    """
    settings = [field.name for field in fields(command.root)]
    required = {field.name for field in fields(command.root) if field.default == MISSING}
    groups = {group: names for group, names in choices(directories).items() if group in (*settings, *command.recipes)}
    valid: list[Override] = []
    issues: list[ConfigIssue] = []
    unknown: list[tuple[int, str]] = []  # the place of an issue, and the key that does not exist
    for text in map(current_override, overrides):
        override = _parse(text)
        if override is None:
            root = re.split("[.=]", text.lstrip("+~"))[0]
            issues.append(ConfigIssue(root, f"'{text}' is not a setting; {SYNTAX}"))
            continue
        key = override.key_or_group
        root = key.split(".")[0]
        if root != "hydra" and "/" not in key and root not in settings and root not in groups:
            unknown.append((len(issues), key))
            issues.append(ConfigIssue(root, f"there is no setting '{key}'"))
            continue
        sentences = _find_errors(override, groups, settings, required)
        issues += [ConfigIssue(root, sentence) for sentence in sentences]
        if not sentences:
            valid.append(override)
    lines = [_force(override, groups) for override in _join_lists(valid)]
    if unknown:
        paths = _setting_paths(lines, directories, command)
        for place, key in unknown:
            issue = issues[place]
            issues[place] = issue._replace(sentence=issue.sentence + hint(key, [*settings, *groups], paths))
    return lines, issues


def sweeping(lines: Iterable[str]) -> list[str]:
    """Return the Hydra overrides that give a setting several values."""
    parser = OverridesParser.create()
    return [line for line in lines if parser.parse_override(line).is_sweep_override()]


def _parse(text: str) -> Override | None:
    """Parse an override; a value that Hydra's grammar does not allow, such as a path, is quoted first."""
    parser = OverridesParser.create()
    try:
        return parser.parse_override(text)
    except HydraException:
        key, equals, value = text.partition("=")
        if not equals or not KEY.fullmatch(key) or value.startswith(("[", "{", "'", '"', "$")):
            return None
    try:
        return parser.parse_override(f'{key}="{escape(os.path.expanduser(value))}"')
    except HydraException:
        return None


def _find_errors(
    override: Override, groups: dict[str, list[str]], settings: list[str], required: Set[str]
) -> list[str]:
    key = override.key_or_group
    if key not in groups or override.is_delete():
        return []
    selections = _selections(override)
    if _is_addition(override) and key in settings and key not in LIST_GROUPS:
        return [f"{key} is not a list, so nothing can be added to it; write {key}=NAME"]
    if key in settings and key not in NAMED_COMPONENTS:
        for names in selections:
            if not names and key in required:
                return [f"{key}: nothing is chosen; write {key}=NAME"]
            if len(names) > 1:
                listed = ",".join(map(str, names))
                return [f"{key} is one component, got [{listed}]; with -m, {key}={listed} runs one after the other"]
    return [
        f"{key}: there is no '{name}'; choose {', '.join(groups[key])}{suggest(str(name), groups[key])}"
        for names in selections
        for name in names
        if str(name) not in groups[key]
    ]


def _selections(override: Override) -> list[list[Any]]:
    """Return the names that an override selects; a sweep has one list for each of its values."""
    values = list(override.sweep_iterator()) if override.is_sweep_override() else [override.value()]
    selections: list[list[Any]] = []
    for value in values:
        if isinstance(value, str) and value.startswith("["):
            selections.append([name.strip() for name in value.strip("[]").split(",") if name.strip()])
        else:
            selections.append(value if isinstance(value, list) else [value])
    return selections


def _is_addition(override: Override) -> bool:
    return override.is_add() or override.is_force_add()


def _join_lists(overrides: Sequence[Override]) -> list[Override]:
    """Join the overrides of a list group, since Hydra takes one: `metric=[a] +metric=[b]` is `metric=[a,b]`.

    Without a replacement of the list, all additions become one `+metric=[…]`. A sweep is left as it is.
    """
    joined = list(overrides)
    for group in LIST_GROUPS:
        lists = [override for override in overrides if override.key_or_group == group and not override.is_delete()]
        additions = [override for override in lists if _is_addition(override)]
        if not additions or any(override.is_sweep_override() for override in lists):
            continue
        replacements = [override for override in lists if not _is_addition(override)]
        selected = [*replacements[-1:], *additions]
        names = list(dict.fromkeys(str(name) for override in selected for name in _selections(override)[0]))
        sign = "" if replacements else "+"
        line = OverridesParser.create().parse_override(f"{sign}{group}=[{','.join(names)}]")
        place = joined.index(lists[0])
        joined = [override for override in joined if override not in lists]
        joined[place:place] = [line] if names or replacements else []
    return joined


def _force(override: Override, groups: dict[str, list[str]]) -> str:
    text, key = str(override.input_line), override.key_or_group
    plain = not text.startswith(("+", "~"))
    return f"++{text}" if plain and "." in key and not key.startswith("hydra.") and key not in groups else text


def _setting_paths(lines: Sequence[str], directories: Sequence[Path], command: Command) -> list[str]:
    """Return the dotted settings that the valid overrides lead to, or none if they do not compose."""
    several = sweeping(lines)
    try:
        config = compose_with_hydra([line for line in lines if line not in several], directories, command)
    except ConfigurationError:
        return []
    return list(setting_paths(cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))))
