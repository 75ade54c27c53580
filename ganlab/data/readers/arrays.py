"""Arrays from the formats of published image sets, without running what a pickle may ask for."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor


def read_records(path: Path, prefix: int, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Read records of `prefix` label bytes and one image each, as uint8 of shapes (n, *shape) and (n, prefix).

    Raises ValueError where the file is not a whole number of records.
    """
    record = prefix + torch.Size(shape).numel()
    data = bytearray(path.read_bytes())
    if not data or len(data) % record:
        raise ValueError(f"{path} must be a whole number of records of {record} bytes, got {len(data)}: fetch it again")
    table = torch.frombuffer(data, dtype=torch.uint8).reshape(-1, record)
    return table[:, prefix:].reshape(-1, *shape), table[:, :prefix]


class _ArrayUnpickler(pickle.Unpickler):
    """Knows arrays and nothing else, so that a data file cannot run code."""

    known: ClassVar[dict[str, Callable[..., Any]]] = {
        "_reconstruct": lambda kind, shape, dtype: np.ndarray.__new__(np.ndarray, shape, dtype),
        "ndarray": np.ndarray,
        "dtype": np.dtype,
        "encode": lambda text, encoding: text.encode("latin1"),
    }
    modules = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "_codecs")

    def find_class(self, module: str, name: str) -> Any:
        """Refuse everything but arrays."""
        if module not in self.modules or name not in self.known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")
        return self.known[name]


def read_pickled(path: Path, label: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Read images of "data" and the classes of `label` from a pickled dictionary, as uint8 (n, *shape) and (n,).

    Raises ValueError where the file is anything else.
    """
    try:
        with path.open("rb") as file:
            entries = _ArrayUnpickler(file, encoding="latin1").load()
        images = torch.from_numpy(np.ascontiguousarray(entries["data"], dtype=np.uint8)).reshape(-1, *shape)
        classes = torch.tensor(entries[label], dtype=torch.long)
    except Exception as error:  # a broken pickle raises anything at all
        raise ValueError(
            f"{path} is not a batch of images in CIFAR's python format ({error}): fetch it again"
        ) from error
    if len(images) != len(classes):
        raise ValueError(f"{path} must hold one label for each of {len(images)} images, got {len(classes)}")
    return images, classes
