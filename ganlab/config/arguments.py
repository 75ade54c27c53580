"""Command-line arguments of the commands that compose a configuration."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganlab.core.errors import UserError


@dataclass
class Arguments:
    """A command line, split by the kind of its arguments."""

    overrides: list[str] = field(default_factory=list)
    config_dirs: list[Path] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)  # answered by Hydra or by the sweep
    wants_config: bool = False
    given: list[str] = field(default_factory=list)  # the command line as it was typed


def parse(arguments: Sequence[str]) -> Arguments:
    """Split a command line; raises UserError if --config-dir does not name a folder."""
    parsed = Arguments(given=list(arguments))
    rest = iter(arguments)
    for argument in rest:
        name, _, value = argument.partition("=")
        if name in ("--config-dir", "-cd"):
            folder = Path(value or next(rest, ""))
            if not folder.is_dir() or folder == Path():
                raise UserError(f"--config-dir needs a folder with config groups, got '{folder}'")
            parsed.config_dirs.append(folder.resolve())
        elif name in ("--cfg", "-c"):
            parsed.wants_config = True
            if not value:
                next(rest, "")  # Hydra's choice of what to print; ganlab always prints the job's configuration
        elif argument.startswith("-"):
            parsed.flags.append(argument)
        else:
            parsed.overrides.append(argument)
    return parsed
