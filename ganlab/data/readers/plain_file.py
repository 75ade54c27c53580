"""Opening of plain files only: a pipe or a device among the data would block the program or never end."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

MASK = (1 << 63) - 1  # some file systems have numbers that do not fit in a signed integer
NO_STAMP = (-1, -1, -1, -1)
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_plain(path: str | Path) -> BinaryIO:
    """Open a file for reading bytes; raises ValueError for anything but a plain file, and OSError as `open` does."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for a writer indefinitely.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            raise
        raise _not_plain(mode) from error  # a socket cannot be opened
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise _not_plain(mode)
    return os.fdopen(descriptor, "rb")


def read_plain(path: str | Path) -> bytes:
    """Return a plain file's bytes; raises as `open_plain` does."""
    with open_plain(path) as file:
        return file.read()


def stamp(path: str | Path) -> tuple[int, ...]:
    """Return size in bytes, times of the last changes in nanoseconds and inode; all are −1 if they are unknown."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return NO_STAMP
    return status.st_size, status.st_mtime_ns & MASK, status.st_ctime_ns & MASK, status.st_ino & MASK


def require_plain(path: Path) -> None:
    """Raise ValueError, with the path, if something exists there that is neither a plain file nor a folder."""
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"{path} cannot be read, because {_not_plain(mode)}; give a file or a folder")


def _mode(path: str | Path) -> int | None:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None


def _not_plain(mode: int) -> ValueError:
    kind = next((name for is_kind, name in KINDS if is_kind(mode)), "something else")
    return ValueError(f"it is {kind}, not a plain file")
