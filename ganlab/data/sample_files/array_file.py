"""Finished samples in a numpy file."""

import zlib
from hashlib import sha256
from pathlib import Path
from typing import final
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.plain_files import open_plain
from ganlab.data.sample_files.base import SampleFiles


@final
class ArrayFile(SampleFiles):
    """A .npy file, or a .npz file with one array of samples and optionally an array `labels`.

    Images are uint8, or floats in [−1, 1], with channels first or last; arrays of two dimensions are points. Raises
    ValueError for anything else.
    """

    def __init__(self, path: Path) -> None:
        samples, labels = _read_arrays(path)
        self.table = _to_samples(samples, path)
        if labels is not None and not _are_classes(labels, len(self.table)):
            raise ValueError(
                f"labels in {path} must be one integer of at least 0 for each of its {len(self.table)} samples, got "
                f"{labels.dtype} of shape {labels.shape}"
            )
        names = [] if labels is None else [str(number) for number in range(int(labels.max()) + 1)]
        super().__init__(path, names)
        if labels is not None:
            self.labels = torch.from_numpy(labels.astype(np.int64))
        self.spec = Spec(tuple(self.table.shape[1:]), None, len(names))

    def __len__(self) -> int:
        return len(self.table)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows of the array."""
        return self.table[indices]

    def fingerprint(self) -> str:
        """Hash the file."""
        return sha256(self.path.read_bytes()).hexdigest()


def _read_arrays(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the array of samples and the array of labels, if there is one."""
    try:
        with open_plain(path) as file:  # opened here, because numpy does not close a file that it fails to read
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return content, None
            with content:
                arrays = {name: content[name] for name in content.files}
    except (ValueError, OSError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as an array ({error}): write it again with numpy.savez") from error
    labels = arrays.pop("labels", None)
    if len(arrays) != 1:
        names = ", ".join(arrays) or "none"
        raise ValueError(
            f"{path} must hold one array of samples and, if there are labels, one array 'labels'; besides 'labels' it "
            f"holds: {names}"
        )
    return next(iter(arrays.values())), labels


def _are_classes(labels: np.ndarray, count: int) -> bool:
    return labels.shape == (count,) and labels.dtype.kind in "iu" and bool(labels.min() >= 0)


def _to_samples(array: np.ndarray, path: Path) -> Tensor:
    """Return uint8 images with channels first, or float32 points."""
    if array.shape[:1] == (0,):
        raise ValueError(f"{path} holds no samples")
    match array.ndim, array.dtype.kind:
        case 2, "f":
            return torch.from_numpy(array.astype(np.float32))
        case 4, "u" if array.dtype == np.uint8:
            return _channels_first(torch.from_numpy(array), path)
        case 4, "f" if np.isnan(array).any():
            raise ValueError(f"{int(np.isnan(array).any((1, 2, 3)).sum())} images in {path} hold NaN; remove them")
        case 4, "f" if array.min() >= 0 and array.max() <= 1:
            raise ValueError(
                f"{path} holds floats from {array.min():g} to {array.max():g}, but images as floats must span [-1, 1]; "
                "save uint8, or 2 * x - 1 for floats x in [0, 1]"
            )
        case 4, "f" if np.abs(array).max() <= 1:
            images = torch.from_numpy(array.astype(np.float32)).add(1).mul(127.5).round().to(torch.uint8)
            return _channels_first(images, path)
    raise ValueError(
        f"{path} must hold images (n, height, width, channels) as uint8 or as floats in [-1, 1], or points (n, d) as "
        f"floats, got {array.dtype} of shape {array.shape}"
    )


def _channels_first(images: Tensor, path: Path) -> Tensor:
    if images.shape[1] in (1, 3):
        return images
    if images.shape[3] in (1, 3):
        return images.permute(0, 3, 1, 2).contiguous()
    raise ValueError(f"{path} must hold images of 1 or 3 channels, got an array of shape {tuple(images.shape)}")
