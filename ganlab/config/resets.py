"""Settings of an experiment that are lost because the command line names their component."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.own_files import locate_file, read_settings, selected_choices
from ganlab.config.schema import Command
from ganlab.core.errors import ConfigurationError
from ganlab.core.fields import flatten, format_value

LISTED = 4  # most settings that one sentence names


def describe_resets(
    config: DictConfig, named: Sequence[str], lines: Sequence[str], directories: Sequence[Path], command: Command
) -> str:
    """Return a sentence about the experiment's settings that naming the groups `named` has reset, or an empty string.

    `config` was composed from the overrides `lines`. Settings that the command line makes itself are not reset.
    """
    keys = [line.lstrip("+~").split("=")[0] for line in lines]
    recipe = tuple(line for line, key in zip(lines, keys, strict=True) if key in command.recipes)
    set_by_recipe = _settings_of_recipes(recipe, directories, command)
    # Files of the user may change while a process runs, the shipped ones do not.
    compose = _compose_shipped if len(directories) == 1 else _compose
    try:
        before = compose(recipe, tuple(directories), command)
    except ConfigurationError:  # reported by the caller's own composition
        return ""
    after = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    made = {key for key in keys if "." in key}
    clauses = {
        group: [
            f"{path} {format_value(value)}, its own default, the experiment had {format_value(former)}"
            for path, value, former in _differences(after[group], before[group], group)
            if _is_inside(path, set_by_recipe) and not _is_inside(path, made)
        ]
        for group in named
        if group in after and group in before
    }
    every = [clause for group in clauses for clause in clauses[group]]
    if not every:
        return ""
    more = f"; and {len(every) - LISTED} more" if len(every) > LISTED else ""
    reset = ", ".join(group for group in clauses if clauses[group])
    return f"naming {reset} resets it: {'; '.join(every[:LISTED])}{more}"


def _is_inside(path: str, settings: Collection[str]) -> bool:
    """Return whether a setting is one of the settings, or inside of one."""
    return any(f"{path}.".startswith(f"{setting}.") for setting in settings)


def _settings_of_recipes(recipe: Sequence[str], directories: Sequence[Path], command: Command) -> set[str]:
    """Return the dotted settings that the selected recipes, and those that they build on, make in their own files."""
    selected = [tuple(line.lstrip("+").split("=", 1)) for line in recipe if not line.startswith("~")]
    if not recipe:  # the default recipe
        content, _ = read_settings(directories[0] / f"{command.name}.yaml")
        choices = selected_choices(content, "")
        selected = [(group, name) for group, names in choices if group in command.recipes for name in names]
    settings, known = set[str](), set[tuple[str, ...]]()
    while selected:
        group, name = selected.pop()
        name = name.strip("[]'\"")
        file = locate_file(group, name, directories)
        if file is None or (group, name) in known:
            continue
        known.add((group, name))
        content, _ = read_settings(file.path)
        settings |= flatten({key: value for key, value in content.items() if key != "defaults"}).keys()
        parents = selected_choices(content, group)
        selected += [(inner, parent) for inner, names in parents if inner in command.recipes for parent in names]
    return settings


def _differences(value: Any, before: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values of each setting that differs between two nodes of the same class."""
    if isinstance(value, dict) and isinstance(before, dict):
        if value.get("_target_") == before.get("_target_"):
            for key in [key for key in value if key in before]:
                yield from _differences(value[key], before[key], f"{path}.{key}")
    elif value != before:
        yield path, value, before


def _compose(lines: tuple[str, ...], directories: tuple[Path, ...], command: Command) -> dict[str, Any]:
    config = compose_with_hydra(lines, directories, command)
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))


_compose_shipped = cache(_compose)
