"""Command-line overrides, judged one by one, so that every mistake is told in the same run."""

import os
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import fields
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import MISSING

from ganlab.config.schema import SEVERAL, TRAIN, Command
from ganlab.core.errors import ConfigIssue, suggest
from ganlab.core.renamed import current_override

KEY = re.compile(r"[+~]{0,2}[\w./@-]+")


def choices(directories: Sequence[Path]) -> dict[str, list[str]]:
    """Return the names in each config group, found by looking."""
    groups: dict[str, set[str]] = {}
    for directory in directories:
        for path in directory.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    return {group: sorted(names) for group, names in sorted(groups.items())}


def normalize(
    overrides: Iterable[str], directories: Sequence[Path], command: Command = TRAIN
) -> tuple[list[str], list[ConfigIssue]]:
    """Return the overrides as Hydra takes them, without those that are mistaken, and the mistakes.

    A value inside a part is forced in (`++`): the signature of the part's class, not its yaml, says which keys it has.
    """
    settings = [field.name for field in fields(command.root)]
    needed = {field.name for field in fields(command.root) if field.default == MISSING}
    groups = {name: each for name, each in choices(directories).items() if name in (*settings, *command.recipes)}
    good: list[str] = []
    issues: list[ConfigIssue] = []
    for text in map(current_override, overrides):
        override = _parse(text)
        if override is None:
            sentence = f"'{text}' is not an override; write key=value, with quotes around lists and spaces"
            issues.append(ConfigIssue(text.lstrip("+~").split("=")[0].split(".")[0], sentence))
            continue
        wrong = _judge(override, groups, settings, needed)
        issues += [ConfigIssue(override.key_or_group.split(".")[0], sentence) for sentence in wrong]
        good += [] if wrong else [_forced(override, groups)]
    return good, issues


def sweeping(lines: Iterable[str]) -> list[str]:
    """Return those of Hydra's overrides that give a setting several values."""
    parser = OverridesParser.create()
    return [line for line in lines if parser.parse_override(line).is_sweep_override()]


def _parse(text: str) -> Override | None:
    """Return the override that a text is; one that Hydra's grammar has no words for, such as a path, is quoted."""
    parser = OverridesParser.create()
    try:
        return parser.parse_override(text)
    except HydraException:
        key, is_given, value = text.partition("=")
        if not is_given or not KEY.fullmatch(key) or value.startswith(("[", "{", "'", '"', "$")):
            return None
    # Within quotes only those backslashes count that stand before a quote.
    inside = re.sub(r'(\\*)("|$)', lambda found: found[1] * 2 + found[2].replace('"', r"\""), os.path.expanduser(value))
    try:
        return parser.parse_override(f'{key}="{inside}"')
    except HydraException:
        return None


def _judge(override: Override, groups: dict[str, list[str]], settings: list[str], needed: Set[str]) -> list[str]:
    key = override.key_or_group
    root = key.split(".")[0]
    if root == "hydra" or "/" in key:
        return []
    if root not in settings and root not in groups:
        return [f"there is no setting '{key}'{suggest(root, [*settings, *groups])}"]
    if key not in groups or override.is_delete():
        return []
    chosen = _choices(override)
    for names in chosen if key in settings and key not in SEVERAL else []:
        if not names and key in needed:
            return [f"{key}: nothing is chosen; write {key}=NAME"]
        if len(names) > 1:
            listed = ",".join(map(str, names))
            return [f"{key} is one part, got [{listed}]; with -m, {key}={listed} tries one after the other"]
    return [
        f"{key}: there is no '{name}'; choose {', '.join(groups[key])}{suggest(str(name), groups[key])}"
        for names in chosen
        for name in names
        if str(name) not in groups[key]
    ]


def _choices(override: Override) -> list[list[Any]]:
    """Return the names of each choice that the override stands for."""
    values = list(override.sweep_iterator()) if override.is_sweep_override() else [override.value()]
    chosen: list[list[Any]] = []
    for value in values:
        if isinstance(value, str) and value.startswith("["):
            chosen.append([name.strip() for name in value.strip("[]").split(",") if name.strip()])
        else:
            chosen.append(value if isinstance(value, list) else [value])
    return chosen


def _forced(override: Override, groups: dict[str, list[str]]) -> str:
    text, key = str(override.input_line), override.key_or_group
    plain = not text.startswith(("+", "~"))
    return f"++{text}" if plain and "." in key and not key.startswith("hydra.") and key not in groups else text
