"""Remembers what was read from files, and reads a file again once it has changed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar, final

T = TypeVar("T")
Signature = tuple[int, int, int] | None


def signature(path: Path) -> Signature:
    """Return the time of the last change, the size and the inode of a file, None if it cannot be read."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@final
class FileMemory(Generic[T]):
    """The results of a function that reads a file, by path: `read` calls it only if the file has changed since.

    The results must not be changed. Files are expected to be replaced, as `write_json` does, or to grow.
    """

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._known: dict[Path, tuple[Signature, T]] = {}

    def read(self, path: Path) -> T:
        """Return the result for a file as it is now; raises what the function raises."""
        present = signature(path)  # before reading: if the file changes meanwhile, the next call reads it again
        known = self._known.get(path)
        if known is None or known[0] != present:
            known = self._known[path] = present, self._read(path)
        return known[1]
