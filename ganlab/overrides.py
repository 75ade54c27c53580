"""Command-line overrides, judged one by one, so that every mistake is told in the same run."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from ganlab.errors import Mistake, suggest
from ganlab.schema import TRAIN, Command


def choices(directories: Sequence[Path]) -> dict[str, list[str]]:
    """Return the names in each config group, found by looking."""
    groups: dict[str, set[str]] = {}
    for directory in directories:
        for path in directory.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    return {group: sorted(names) for group, names in sorted(groups.items())}


def normalize(
    overrides: Iterable[str], directories: Sequence[Path], command: Command = TRAIN
) -> tuple[list[str], list[Mistake]]:
    """Return the overrides as Hydra takes them, without those that are mistaken, and the mistakes.

    A value inside a part is forced in (`++`): the signature of the part's class, not its yaml, says which keys it has.
    """
    settings = [field.name for field in fields(command.root)]
    groups = {name: each for name, each in choices(directories).items() if name in (*settings, *command.recipes)}
    good: list[str] = []
    mistakes: list[Mistake] = []
    for text in overrides:
        try:
            override = OverridesParser.create().parse_override(text)
        except HydraException:
            sentence = f"'{text}' is not an override; write key=value, with quotes around lists and spaces"
            mistakes.append(Mistake("", sentence))
            continue
        wrong = _judge(override, groups, settings)
        mistakes += [Mistake(override.key_or_group.split(".")[0], sentence) for sentence in wrong]
        good += [] if wrong else [_forced(override, groups)]
    return good, mistakes


def sweeping(lines: Iterable[str]) -> list[str]:
    """Return those of Hydra's overrides that give a setting several values."""
    parser = OverridesParser.create()
    return [line for line in lines if parser.parse_override(line).is_sweep_override()]


def _judge(override: Override, groups: dict[str, list[str]], settings: list[str]) -> list[str]:
    key = override.key_or_group
    root = key.split(".")[0]
    if root == "hydra" or "/" in key:
        return []
    if root not in settings and root not in groups:
        return [f"there is no setting '{key}'{suggest(root, [*settings, *groups])}"]
    if key in groups and not override.is_delete():
        return [
            f"{key}: there is no '{name}'; choose {', '.join(groups[key])}{suggest(str(name), groups[key])}"
            for name in _names(override)
            if str(name) not in groups[key]
        ]
    return []


def _names(override: Override) -> list[Any]:
    values = list(override.sweep_iterator()) if override.is_sweep_override() else [override.value()]
    flat: list[Any] = []
    for value in values:
        if isinstance(value, str) and value.startswith("["):
            flat += [name.strip() for name in value.strip("[]").split(",") if name.strip()]
        elif isinstance(value, list):
            flat += value
        else:
            flat.append(value)
    return flat


def _forced(override: Override, groups: dict[str, list[str]]) -> str:
    text, key = str(override.input_line), override.key_or_group
    plain = not text.startswith(("+", "~"))
    return f"++{text}" if plain and "." in key and not key.startswith("hydra.") and key not in groups else text
