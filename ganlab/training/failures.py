"""User-facing messages for errors that are not ganlab's own."""

import errno
from pathlib import Path

from ganlab.core.errors import TrainingError
from ganlab.core.memory import out_of_memory_reason

# The system's error numbers if there is no space: on the disk, in a quota, in the largest allowed file, or at all.
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
# Precedes the message of a data worker's error, which torch raises again with the worker's traceback.
WORKER_ERROR = f"{TrainingError.__module__}.{TrainingError.__qualname__}: "


def user_facing(error: BaseException, run_dir: Path) -> BaseException:
    """Return the error with a user-facing message, or unchanged if it is a programming error."""
    if isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt):
        # Lightning turns it into a SystemExit.
        return KeyboardInterrupt("stopped at once by SIGINT; the run can be resumed from its last checkpoint")
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return TrainingError(
            f"{error.filename or run_dir} cannot be written ({error.strerror}); the checkpoints are intact: free "
            "some space, and run the same command with this run_dir to resume from the last one"
        )
    if reason := out_of_memory_reason(error):
        return TrainingError(
            f"this needs more memory than is available ({reason}): lower batch_size, raise microbatches, or use "
            "smaller networks"
        )
    if isinstance(error, TrainingError) and WORKER_ERROR in str(error):
        return TrainingError(str(error).rsplit(WORKER_ERROR, 1)[1].strip())
    return error
