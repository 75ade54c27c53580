"""Frames and pages of image files: the first of each file, or every one as an image of its own."""

from collections.abc import Iterator
from pathlib import Path
from threading import local
from typing import final

import numpy as np
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.frame_names import file_of, frame_name
from ganlab.data.readers.path_table import PathTable

FIRST, ALL = "first", "all"
FRAMES = (FIRST, ALL)


def check_frames(frames: str) -> None:
    """Raise ValueError unless `frames` is "first" or "all"."""
    if frames not in FRAMES:
        raise ValueError(f"frames must be one of {', '.join(FRAMES)}, got {frames!r}")


@final
class FramedArchive(Archive):
    """An archive whose names may be those of frames; they are read from the file that has them.

    Every thread keeps the last file that it read, because the frames of one file are decoded one after another.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive, self.root = archive, archive.root
        self._last = local()

    def __reduce__(self) -> tuple[type["FramedArchive"], tuple[Archive]]:
        """Leave out what threads keep."""
        return FramedArchive, (self._archive,)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept nothing, because it only encloses another archive."""
        return False

    def names(self) -> list[str]:
        """List the files."""
        return self._archive.names()

    def read(self, name: str) -> bytes:
        """Read the file of a frame."""
        file = file_of(name)
        known: tuple[str, bytes] | None = getattr(self._last, "file", None)
        if known is None or known[0] != file:
            known = self._last.file = (file, self._archive.read(file))
        return known[1]

    def stamps(self, names: PathTable) -> Tensor:
        """Return the stamps of the files."""
        return self._archive.stamps(_files(names))

    def classes(self, names: PathTable) -> tuple[list[str], Tensor] | None:
        """Return the classes of the files."""
        return self._archive.classes(_files(names))

    def for_random_access(self) -> Archive:
        """Return frames of the same files for random access."""
        return FramedArchive(self._archive.for_random_access())


def name_frames(names: PathTable, counts: np.ndarray) -> PathTable:
    """Return the names of all frames of files with these numbers of frames (n,); a file with one keeps its name."""

    def frames() -> Iterator[str]:
        for name, count in zip(names, counts.tolist(), strict=True):
            yield from [name] if count <= 1 else [frame_name(name, frame) for frame in range(count)]

    return PathTable.of(frames())


def _files(names: PathTable) -> PathTable:
    return PathTable.of(map(file_of, names))
