"""Opening plain files only: a pipe or a device in a folder would wait for a writer for all time."""

import os
import stat
from errno import EINVAL
from pathlib import Path
from typing import BinaryIO


class NotPlainFileError(OSError):
    """A pipe, a socket, a device or a folder in the place of a file."""

    def __str__(self) -> str:
        return str(self.strerror)


def open_plain(path: str | Path) -> BinaryIO:
    """Open a file for reading; raises NotPlainFileError if it is none, and OSError as `open` does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe would wait otherwise
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise NotPlainFileError(EINVAL, f"it is {_kind(mode)} and not a plain file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain(path: str | Path) -> bytes:
    """Return the content of a file; see `open_plain`."""
    with open_plain(path) as file:
        return file.read()


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    return kinds.get(stat.S_IFMT(mode), "a device")
