"""Images in an array: uint8, greys as uint16, or floats in [−1, 1], with channels first, last, or none for grey."""

from collections.abc import Iterator
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from ganlab.data.readers.numpy_file import ArrayInFile

CHUNK_BYTES = 1 << 26  # of an array that is looked through


@final
class ArrayImages:
    """Images (n, height, width), (n, height, width, channels) or (n, channels, height, width) of one array.

    The content stays on disk if it lies there uncompressed. Raises ValueError for any other array.
    """

    def __init__(self, array: ArrayInFile) -> None:
        shape, kind, path = array.shape, array.dtype, array.path
        if len(shape) not in (3, 4) or not (kind == np.uint8 or kind.kind == "f" or are_deep(array)):
            raise ValueError(
                f"{path} must hold images (n, height, width, channels) as uint8, as uint16 or as floats in [-1, 1], or "
                f"points (n, d) as floats, got {kind} of shape {shape}"
            )
        size = shape if len(shape) == 4 else (shape[0], 1, *shape[1:])
        if size[1] not in (1, 3) and size[3] not in (1, 3):
            raise ValueError(f"{path} must hold images of 1 or 3 channels, got an array of shape {shape}")
        self._channels_last = size[1] not in (1, 3)
        self.shape = (size[3], size[1], size[2]) if self._channels_last else size[1:]
        if are_deep(array) and self.shape[0] != 1:
            raise ValueError(
                f"{path} must hold colours as uint8, got {kind} of shape {shape}; uint16 is for grey images"
            )
        self.on_disk = array.offset >= 0
        self._source, self._array = array, array.open()
        if kind.kind == "f":
            self._check_range()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the pixels, which every process opens itself; a map of a file would be copied."""
        return {name: value for name, value in vars(self).items() if name != "_array"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the pixels, without looking through them again."""
        vars(self).update(state, _array=state["_source"].open())

    def __len__(self) -> int:
        return len(self._array)

    def pixels(self, rows: Tensor) -> np.ndarray:
        """Return the images at `rows` (m,), uint8 or uint16 of shape (m, channels, height, width)."""
        images = np.array(self._array[rows.numpy()])  # a copy, because a map of a file is not writable
        images = images.reshape(len(rows), *self._size())
        if images.dtype.kind == "f":
            images = ((images.astype(np.float32) + 1) * np.float32(127.5)).round().astype(np.uint8)
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2)) if self._channels_last else images

    def take(self, rows: Tensor) -> Tensor:
        """Return the images at `rows` (m,) of an array without deep greys, uint8 (m, channels, height, width)."""
        return torch.from_numpy(self.pixels(rows))

    def _size(self) -> tuple[int, ...]:
        channels, height, width = self.shape
        return (height, width, channels) if self._channels_last else (channels, height, width)

    def _check_range(self) -> None:
        path, bad, low, high = self._source.path, 0, np.inf, -np.inf
        for part in self._parts():
            bad += int((~np.isfinite(part)).any(1).sum())
            low, high = min(low, float(part.min())), max(high, float(part.max()))
        if bad:
            raise ValueError(f"{bad} images in {path} hold NaN; remove them")
        if low >= 0 and high <= 1:
            raise ValueError(
                f"{path} holds floats from {low:g} to {high:g}, but images as floats must span [-1, 1]; save uint8, or "
                "2 * x - 1 for floats x in [0, 1]"
            )
        if max(-low, high) > 1:
            raise ValueError(
                f"{path} must hold images as uint8 or as floats in [-1, 1], got floats from {low:g} to {high:g}"
            )

    def _parts(self) -> Iterator[np.ndarray]:
        step = max(1, CHUNK_BYTES // max(1, self._array[0].nbytes))
        for start in range(0, len(self), step):
            part = self._array[start : start + step]
            yield part.reshape(len(part), -1)


def are_deep(array: ArrayInFile) -> bool:
    """Return whether the numbers of an array are greys of more than 8 bits, whose white the whole set determines."""
    return array.dtype.kind == "u" and array.dtype.itemsize == 2
