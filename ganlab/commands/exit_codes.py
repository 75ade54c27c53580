"""Exit codes of all commands, and errors as one sentence on stderr."""

import os
import sys
from collections.abc import Callable, Sequence

from ganlab.core.errors import TrainingError, UserError


def guarded(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run a command and return its exit code: 2 after a user error, 1 after a run that could not continue."""
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except TrainingError as error:
        print("\n".join([f"stopped: {error}", *_notes(error)]), file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python reports the pipe again at exit
        return 0
    except KeyboardInterrupt as error:
        print("\n".join(["interrupted", *_notes(error)]), file=sys.stderr)
        return 130


def _notes(error: BaseException) -> list[str]:
    """Return what was added to an error on its way, such as the command that resumes the run."""
    return getattr(error, "__notes__", [])
