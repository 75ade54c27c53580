"""Images in the binary and pickled formats of published data sets; a pickle cannot run code."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ganlab.core.plain_files import open_plain, read_plain


def read_records(path: Path, prefix: int, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Read records of `prefix` label bytes and one image each, as uint8 of shapes (n, *shape) and (n, prefix).

    Raises ValueError if the file is not a whole number of records.
    """
    size = prefix + torch.Size(shape).numel()
    data = bytearray(read_plain(path))
    if not data or len(data) % size:
        raise ValueError(
            f"{path} must hold a whole number of records of {size} bytes, got {len(data)} bytes: download it again"
        )
    table = torch.frombuffer(data, dtype=torch.uint8).reshape(-1, size)
    return table[:, prefix:].reshape(-1, *shape), table[:, :prefix]


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles numpy arrays and refuses everything else, so a data file cannot run code."""

    known: ClassVar[dict[str, Callable[..., Any]]] = {
        "_reconstruct": lambda kind, shape, dtype: np.ndarray.__new__(np.ndarray, shape, dtype),
        "ndarray": np.ndarray,
        "dtype": np.dtype,
        "encode": lambda text, encoding: text.encode("latin1"),
    }
    modules = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "_codecs")

    def find_class(self, module: str, name: str) -> Any:
        """Return a constructor of arrays; raises UnpicklingError for any other name."""
        if module not in self.modules or name not in self.known:
            raise pickle.UnpicklingError(f"it refers to {module}.{name}, which arrays do not need")
        return self.known[name]


def read_pickled(path: Path, label: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Read the images "data" and the classes `label` of a pickled dictionary: uint8 (n, *shape) and int64 (n,).

    Raises ValueError if the file holds anything else.
    """
    try:
        with open_plain(path) as file:
            entries = _ArrayUnpickler(file, encoding="latin1").load()
        images = torch.from_numpy(np.ascontiguousarray(entries["data"], dtype=np.uint8)).reshape(-1, *shape)
        classes = torch.tensor(entries[label], dtype=torch.long)
    except Exception as error:  # a broken pickle can raise any exception
        raise ValueError(
            f"{path} is not a batch of images in CIFAR's python format ({error}): download it again"
        ) from error
    if len(images) != len(classes):
        raise ValueError(
            f"{path} must hold one label for each of {len(images)} images, got {len(classes)} labels: download it again"
        )
    return images, classes
