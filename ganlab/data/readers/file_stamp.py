"""Stamps of files, by which a later opening sees that they have not changed."""

import os
from pathlib import Path

MASK = (1 << 63) - 1  # some file systems have numbers that do not fit in a signed integer
NO_STAMP = (-1, -1, -1, -1)


def stamp(path: str | Path) -> tuple[int, ...]:
    """Return size in bytes, times of the last changes in nanoseconds and inode; all are −1 if they are unknown."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return NO_STAMP
    return status.st_size, status.st_mtime_ns & MASK, status.st_ctime_ns & MASK, status.st_ino & MASK
