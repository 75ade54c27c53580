"""Opening plain files only: a pipe or a device in a folder would wait for a writer for all time."""

import os
import stat
from errno import EINVAL
from pathlib import Path
from typing import BinaryIO


class NotPlainFileError(OSError, ValueError):
    """A pipe, a socket, a device or a folder in the place of a file."""

    def __str__(self) -> str:
        return str(self.strerror)


def open_plain(path: str | Path) -> BinaryIO:
    """Open a file for reading; raises NotPlainFileError if it is none, and OSError as `open` does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe would wait otherwise
    except OSError as error:
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            raise
        raise _not_plain(mode, path) from error  # a socket cannot be opened
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _not_plain(mode, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain(path: str | Path) -> bytes:
    """Return the content of a file; see `open_plain`."""
    with open_plain(path) as file:
        return file.read()


def require_plain(path: Path) -> None:
    """Raise ValueError, with the path, if something exists there that is neither a plain file nor a folder."""
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"{path} cannot be read, because {_not_plain(mode, path)}; give a file or a folder")


def _mode(path: str | Path) -> int | None:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None


def _not_plain(mode: int, path: str | Path) -> NotPlainFileError:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    kind = kinds.get(stat.S_IFMT(mode), "a device")
    return NotPlainFileError(EINVAL, f"it is {kind} and not a plain file", str(path))
