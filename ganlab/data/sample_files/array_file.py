"""Finished samples in a numpy file."""

from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.plain_files import open_plain
from ganlab.data.readers.array_images import ArrayImages
from ganlab.data.readers.array_layouts import find_sample_arrays
from ganlab.data.readers.numpy_file import ArrayInFile
from ganlab.data.sample_files.base import SampleFiles

CHUNK_BYTES = 1 << 22


@final
class ArrayFile(SampleFiles):
    """A .npy file, or a .npz file with one array of samples and optionally an array of classes, or with such parts.

    Images are uint8, or floats in [−1, 1], with channels first or last; arrays of two dimensions are points. The
    classes are the numbers that occur. Raises ValueError for anything else.
    """

    def __init__(self, path: Path, part: str = "") -> None:
        arrays = find_sample_arrays(path, part)
        self._file = path
        self.table = _open_samples(arrays.samples)
        numbers = arrays.classes()
        values, places = (np.empty(0), None) if numbers is None else np.unique(numbers, return_inverse=True)
        names = [str(number) for number in values.tolist()]
        super().__init__(path / part if part else path, names)
        if places is not None:
            self.labels = torch.from_numpy(places.astype(np.int64))
        self.spec = Spec(tuple(self.table.shape), None, len(names))

    def __len__(self) -> int:
        return len(self.table)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows of the array."""
        return self.table.take(indices)

    def fingerprint(self) -> str:
        """Hash the file, and the name of the part."""
        result = sha256()
        with open_plain(self._file) as file:
            while block := file.read(CHUNK_BYTES):
                result.update(block)
        if self.path != self._file:
            result.update(self.path.name.encode())
        return result.hexdigest()


@final
class _Points:
    """Points (n, d) as float32."""

    def __init__(self, array: ArrayInFile) -> None:
        self.table = torch.from_numpy(np.array(array.open(), dtype=np.float32))
        self.shape = tuple(self.table.shape[1:])

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: Tensor) -> Tensor:
        """Gather points."""
        return self.table[rows]


def _open_samples(array: ArrayInFile) -> ArrayImages | _Points:
    return _Points(array) if are_points(array) else ArrayImages(array)


def are_points(array: ArrayInFile) -> bool:
    """Return whether the numbers of an array are points (n, d)."""
    return len(array.shape) == 2 and array.dtype.kind == "f"
