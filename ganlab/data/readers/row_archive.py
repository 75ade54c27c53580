"""`RowArchive`, the base class of files whose images are rows of a table."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import FileList
from ganlab.data.readers.file_stamp import stamp
from ganlab.data.readers.path_table import PathTable

DIGITS = 9  # of a row's number, so that the order of the names is that of the rows


class RowArchive(Archive, ABC):
    """Images that are addressed by their row; a row's name is its file's name and its number there.

    A subclass sets `root`, and `counts` with the number of rows of every file.
    """

    counts: dict[Path, int]

    @abstractmethod
    def read_row(self, row: int) -> bytes:
        """Return the encoded image at a row, counted over all files."""

    def class_numbers(self) -> np.ndarray | None:
        """Return the class number of every row, int64 of shape (n,), negative for none; None if there are none."""
        return None

    def class_titles(self) -> Sequence[str]:
        """Return the names of the class numbers 0, 1, …; empty if classes have no names."""
        return ()

    def names(self) -> list[str]:
        """Name all rows."""
        return [f"{path.name}/{row + start:0{DIGITS}}" for path, start, count in self._parts() for row in range(count)]

    def files(self) -> FileList:
        """List all rows as images."""
        return FileList(PathTable.of(self.names()), frozenset(), 0, ())

    def read(self, name: str) -> bytes:
        """Return the encoded image at the row of this name."""
        return self.read_row(_row_of(name))

    def stamps(self, names: PathTable) -> Tensor:
        """Return the stamp of its file for every row."""
        rows = self._rows(names)
        stamps = torch.tensor([stamp(path) for path in self.counts])
        ends = torch.tensor(list(self.counts.values())).cumsum(0)
        return stamps[torch.bucketize(rows, ends, right=True)]

    def classes(self, names: PathTable) -> tuple[list[str], Tensor]:
        """Return the classes that occur, by number, and every image's place among them."""
        numbers = self.class_numbers()
        if numbers is None:
            return [""], torch.zeros(len(names), dtype=torch.int64)
        values, places = np.unique(numbers[self._rows(names).numpy()], return_inverse=True)
        titles = self.class_titles()
        names_of = [
            "" if value < 0 else titles[value] if value < len(titles) else str(value) for value in values.tolist()
        ]
        return names_of, torch.from_numpy(places.astype(np.int64))

    def _rows(self, names: PathTable) -> Tensor:
        return torch.from_numpy(np.fromiter(map(_row_of, names), np.int64, len(names)))

    def _parts(self) -> list[tuple[Path, int, int]]:
        start, parts = 0, []
        for path, count in self.counts.items():
            parts.append((path, start, count))
            start += count
        return parts


def _row_of(name: str) -> int:
    return int(name.rpartition("/")[2])


def encode_pixels(image: np.ndarray) -> bytes:
    """Return uint8 or uint16 pixels (channels, height, width), grey or colour, as a binary PGM or PPM file."""
    channels, height, width = image.shape
    kind, white = {1: "P5", 3: "P6"}[channels], (1 << 8 * image.itemsize) - 1
    pixels = image.transpose(1, 2, 0).astype(image.dtype.newbyteorder(">"))  # the order of these files
    return f"{kind} {width} {height} {white}\n".encode() + pixels.tobytes()
