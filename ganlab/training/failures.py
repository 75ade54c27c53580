"""What a person is told when a run ends by something else than its own errors."""

import errno
import re
from pathlib import Path

import torch

from ganlab.core.errors import TrainingError

# What the system says when there is no room: on the disk, in a quota, in the largest file allowed, or at all.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
# What torch writes, in an error of no kind of its own, where a processor's memory runs out.
ALLOCATOR = "DefaultCPUAllocator: "
# What torch writes before the words of an error that a worker raised, after its whole traceback.
WORKERS = f"{TrainingError.__module__}.{TrainingError.__qualname__}: "


def user_facing(error: BaseException, run_dir: Path) -> BaseException:
    """Return the error in words for a person, or as it is where nobody but a programmer can mend it."""
    if isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt):
        # Lightning makes a SystemExit of it.
        return KeyboardInterrupt("stopped at once by SIGINT; the run goes on from its last checkpoint")
    if isinstance(error, OSError) and error.errno in FULL:
        return TrainingError(
            f"{error.filename or run_dir} cannot be written ({error.strerror}); the checkpoints are intact: make "
            "room, and the same command with this run_dir goes on from the last one"
        )
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or ALLOCATOR in str(error):
        asked = re.search(r"allocate [\d.]+ [A-Za-z]+", str(error))
        reason = f"it could not {asked[0]}" if asked else "none was left"
        return TrainingError(
            f"this needs more memory than it can have here ({reason}): lower batch_size, raise microbatches, or make "
            "the networks smaller"
        )
    if isinstance(error, TrainingError) and WORKERS in str(error):
        return TrainingError(str(error).rsplit(WORKERS, 1)[1].strip())
    return error
