"""What all commands share: arguments, and the way a person is told of a mistake."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganlab.core.errors import UserError


@dataclass
class Arguments:
    """A command line, sorted."""

    overrides: list[str] = field(default_factory=list)
    config_dirs: list[Path] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)  # Hydra's
    wants_help: bool = False
    wants_config: bool = False


def parse(arguments: Sequence[str]) -> Arguments:
    """Sort a command line; raises UserError for --config-dir without a folder."""
    given = Arguments()
    rest = iter(arguments)
    for word in rest:
        name, _, value = word.partition("=")
        if word in ("-h", "--help"):
            given.wants_help = True
        elif name in ("--config-dir", "-cd"):
            folder = Path(value or next(rest, ""))
            if not folder.is_dir() or folder == Path():
                raise UserError(f"--config-dir needs a folder with config groups, got '{folder}'")
            given.config_dirs.append(folder.resolve())
        elif name in ("--cfg", "-c"):
            given.wants_config = True
            _ = value or next(rest, "")  # Hydra's word for what to print; there is only one thing here
        elif word.startswith("-"):
            given.flags.append(word)
        else:
            given.overrides.append(word)
    return given
