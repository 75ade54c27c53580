"""Settings of an experiment that are lost because the command line names their component."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.schema import Command
from ganlab.core.errors import ConfigurationError
from ganlab.core.fields import format_value

LISTED = 4  # most settings that one sentence names


def describe_resets(
    config: DictConfig, named: Sequence[str], lines: Sequence[str], directories: Sequence[Path], command: Command
) -> str:
    """Return a sentence about the experiment's settings that naming the groups `named` has reset, or an empty string.

    `config` was composed from the overrides `lines`. Settings that the command line makes itself are not reset.
    """
    keys = [line.lstrip("+~").split("=")[0] for line in lines]
    recipe = tuple(line for line, key in zip(lines, keys, strict=True) if key in command.recipes)
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
            if not any(f"{path}.".startswith(f"{key}.") for key in made)
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
