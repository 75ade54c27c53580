"""Command-line overrides: each one is checked separately, and all errors are reported together."""

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import MISSING, OmegaConf

from ganlab.config.copied_settings import explain_copied_setting
from ganlab.config.dashed_settings import sweep_settings
from ganlab.config.glob_sweeps import expand_glob
from ganlab.config.groups import LIST_GROUPS, choices
from ganlab.config.hints import hint, setting_paths
from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.nested_data import place_choice
from ganlab.config.notices import notify
from ganlab.config.override_lists import is_addition, join_lists, selections
from ganlab.config.own_files import find_file_issues
from ganlab.config.schema import TRAIN, Command
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
    for text in (place_choice(_current(line), directories) for line in overrides):
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
        override, problem = expand_glob(override, groups)
        sentences = [problem] if problem else _find_errors(override, groups, settings, required, command.recipes)
        copied = explain_copied_setting(key, str(override.input_line).partition("=")[2], groups, directories)
        sentences += [copied] if copied and not override.is_delete() else []
        issues += [ConfigIssue(root, sentence) for sentence in sentences]
        if not sentences:
            valid.append(override)
    joined, file_issues = _split_by_files(join_lists(valid), groups, directories)
    issues += file_issues
    lines = [_force(override, groups) for override in joined]
    if unknown:
        paths = _setting_paths(lines, directories, command)
        paths += sweep_settings() if command is TRAIN else []
        for place, key in unknown:
            issue = issues[place]
            issues[place] = issue._replace(sentence=issue.sentence + hint(key, [*settings, *groups], paths))
    return lines, issues


def _current(text: str) -> str:
    """Return an override with the present names of its group and choices, and say which names are former ones."""
    current = current_override(text)
    if current != text:
        notify(f"{text} is now written {current}")
    return current


def _split_by_files(
    overrides: Sequence[Override], groups: Mapping[str, Sequence[str]], directories: Sequence[Path]
) -> tuple[list[Override], list[ConfigIssue]]:
    """Return the overrides that select files Hydra can read, and the issues of the user's files in the others."""
    readable: list[Override] = []
    issues: list[ConfigIssue] = []
    for override in overrides:
        group = override.key_or_group
        names: list[list[Any]] = []
        if len(directories) > 1 and group in groups and not override.is_delete():
            names = selections(override)
        sentences = [sentence for choice in names for sentence in find_file_issues(group, choice, directories)]
        issues += [ConfigIssue(group, sentence) for sentence in sentences]
        if not sentences:
            readable.append(override)
    return readable, issues


def sweeping(lines: Iterable[str]) -> list[str]:
    """Return the Hydra overrides that give a setting several values."""
    parser = OverridesParser.create()
    return [line for line in lines if parser.parse_override(line).is_sweep_override()]


def _parse(text: str) -> Override | None:
    """Parse an override; a value that Hydra's grammar does not allow, such as a path, is quoted first."""
    parser = OverridesParser.create()
    try:
        return parser.parse_override(text)
    except (HydraException, ValueError):  # Python converts integers of up to 4300 digits
        key, equals, value = text.partition("=")
        if not equals or not KEY.fullmatch(key) or value.startswith(("[", "{", "'", '"', "$")):
            return None
    try:
        return parser.parse_override(f'{key}="{escape(os.path.expanduser(value))}"')
    except HydraException:
        return None


def _find_errors(
    override: Override,
    groups: dict[str, list[str]],
    settings: list[str],
    required: Set[str],
    recipes: Collection[str],
) -> list[str]:
    key = override.key_or_group
    if key not in groups:
        return []
    if override.is_delete():
        return [f"{key} is needed and cannot be removed; write {key}=NAME"] if key in required else []
    selected = selections(override)
    if is_addition(override) and key in settings and key not in LIST_GROUPS:
        return [f"{key} is not a list, so nothing can be added to it; write {key}=NAME"]
    if key not in LIST_GROUPS:
        for names in selected:
            if not names and (key in required or key in recipes):
                remove = f", or ~{key} for none" if key in recipes else ""
                return [f"{key}: nothing is chosen; write {key}=NAME{remove}"]
            if len(names) > 1:
                listed = ",".join(map(str, names))
                kind = "set of settings" if key in recipes else "component"
                return [f"{key} is one {kind}, got [{listed}]; with -m, {key}={listed} runs one after the other"]
    elif any("none" in names and len(names) > 1 for names in selected):
        return [f"{key}: none stands for an empty list; leave it out, or write {key}=none"]
    return [
        f"{key}: there is no '{name}'; choose {', '.join(groups[key])}{suggest(str(name), groups[key])}"
        for names in selected
        for name in names
        if str(name) not in groups[key]
    ]


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
