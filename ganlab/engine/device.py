"""Where networks run."""

import ctypes

import torch

from ganlab.core.errors import UserError


def select_device(name: str | torch.device) -> torch.device:
    """Return a device that works, the GPU for "auto" where there is one; raises UserError for one that does not."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:  # torch has no one error for it
        raise UserError(f"device={name} cannot be used: {str(error).splitlines()[0]}") from error


_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """Let freed memory stay with this process; where the C library is not glibc, nothing happens.

    glibc hands large blocks, and whatever is free at the heap's end, back to the system at once. On a CPU every step
    would take its activations from there anew, page by page and each cleared first: up to a sixth of a convolutional
    GAN's time. Kept, they fit the next step's but for what alignment costs: up to a quarter more at the peak.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(_M_TRIM_THRESHOLD, -1)  # never
    mallopt(_M_MMAP_MAX, 0)  # no block is the system's own
