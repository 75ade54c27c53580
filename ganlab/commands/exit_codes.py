"""Exit codes of all commands, and errors as one sentence on stderr."""

import sys
from collections.abc import Callable, Sequence

from ganlab.core.early_interrupts import interrupts_raised
from ganlab.core.errors import TrainingError, UserError
from ganlab.core.memory import out_of_memory_reported
from ganlab.core.output import open_closed_streams, output_without_reader
from ganlab.core.rank_variables import require_numbers


def guarded(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 2 after a user error, 1 after a run that could not continue."""
    open_closed_streams()
    with output_without_reader():
        return _exit_code(command, arguments)


def _exit_code(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    try:
        with (
            interrupts_raised(),
            out_of_memory_reported("use less data or smaller settings, or close other programs"),
        ):
            require_numbers()
            code = command(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except TrainingError as error:
        print("\n".join([f"stopped: {error}", *_notes(error)]), file=sys.stderr)
        return 1
    except KeyboardInterrupt as error:
        print("\n".join(["interrupted", *_notes(error)]), file=sys.stderr)
        return 130


def _notes(error: BaseException) -> list[str]:
    """Return what was added to an error on its way, such as the command that resumes the run."""
    return getattr(error, "__notes__", [])
