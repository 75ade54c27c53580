"""Selection of the device, and settings of the CPU's memory allocator."""

import ctypes

import torch

from ganlab.core.errors import UserError


def select_device(name: str | torch.device) -> torch.device:
    """Return the named device; "auto" is the GPU if there is one. Raises UserError if the device does not work."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:  # torch raises either
        raise UserError(f"device={name} cannot be used: {str(error).splitlines()[0]}") from error


_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """Let this process keep freed memory; does nothing if the C library is not glibc.

    glibc returns large blocks, and free memory at the end of the heap, to the system at once. On a CPU every step would
    request memory for its activations again, page by page and each cleared first: up to a sixth of a convolutional
    GAN's time. If the blocks are kept, the next step reuses them; alignment costs up to a quarter more at the peak.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(_M_TRIM_THRESHOLD, -1)  # never trim the heap
    mallopt(_M_MMAP_MAX, 0)  # never allocate a block by mmap, which would be unmapped when freed
