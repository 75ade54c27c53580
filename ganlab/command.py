"""What all commands share: arguments, and the way a person is told of a mistake."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganlab.errors import TrainingError, UserError


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


def guarded(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 2 after a mistake of the user's, 1 after a run that could not go on."""
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except TrainingError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read what we print, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
