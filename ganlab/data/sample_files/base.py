"""Finished samples in files, to be scored as they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec


class Collection(ABC):
    """Samples in a fixed order: uint8 images (channels, height, width) of one size, or points; maybe with classes."""

    spec: Spec
    labels: Tensor | None = None
    classifier: str | None = None

    def __init__(self, path: Path, class_names: Sequence[str]) -> None:
        self.path, self.class_names = path, list(class_names)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return some of the samples."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a SHA-256 of the files, in hexadecimal."""

    @property
    def classes_available(self) -> int:
        """The number of classes, 0 without labels."""
        return 0 if self.labels is None else len(self.class_names)

    def batches(self, size: int, first: int = 0, stride: int = 1) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, with their labels where known."""
        for start in range(first * size, len(self), stride * size):
            rows = torch.arange(start, min(start + size, len(self)))
            yield Batch(self.take(rows), None if self.labels is None else self.labels[rows])

    def reals(self) -> Iterator[Batch]:
        """Yield everything, for feature spaces that learn from labels."""
        return self.batches(256)
