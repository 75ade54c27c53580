"""Images in a .npy or .npz file."""

from pathlib import Path
from typing import final

import numpy as np
import torch

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.array_images import ArrayImages, are_deep
from ganlab.data.readers.array_layouts import find_sample_arrays
from ganlab.data.readers.packed_rows import pack_rows
from ganlab.data.readers.row_archive import RowArchive, encode_pixels

SUFFIXES = (".npy", ".npz")


@final
class NumpyArchive(RowArchive):
    """The images of a .npy, of a .npz, or of one part of a .npz; raises ValueError if there are none."""

    def __init__(self, path: Path, part: str = "") -> None:
        arrays = find_sample_arrays(path, part)
        self.root = path / part if part else path
        self._images = ArrayImages(arrays.samples)
        self.eight_bit = not are_deep(arrays.samples)
        self._numbers = arrays.classes()
        self.counts = {path: len(self._images)}

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept files by their suffix, because a .npz is also a zip."""
        return path.suffix.lower() in SUFFIXES and path.is_file()

    def read_row(self, row: int) -> bytes:
        """Return an image as an uncompressed file."""
        return encode_pixels(self._images.pixels(torch.tensor([row]))[0])

    def class_numbers(self) -> np.ndarray | None:
        """Return the array of labels."""
        return self._numbers

    def for_random_access(self) -> Archive:
        """Return a copy of the images if they are compressed, because every process would hold all of them."""
        return self if self._images.on_disk else pack_rows(self)
