"""How every command ends: its exit code, and errors as one sentence on stderr."""

import os
import sys
from collections.abc import Callable, Sequence

from ganlab.core.errors import TrainingError, UserError


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
