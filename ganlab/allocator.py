"""The C library's allocator, told to keep what one training step frees for the next, which asks for the same again."""

import ctypes

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
