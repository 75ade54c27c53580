"""`SampleFiles`, the base class of finished samples in files, which are scored as they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.data.readers.grey_range import GreyRange


class SampleFiles(ABC):
    """Samples in a fixed order, with or without classes: points, or uint8 images (channels, height, width).

    There is one subclass for each type of file.
    """

    spec: Spec
    labels: Tensor | None = None  # (n,) int64
    classifier: str | None = None
    grey_range: GreyRange | None = None  # black and white of greys of more than 8 bits, if there are any

    def __init__(self, path: Path, class_names: Sequence[str]) -> None:
        self.path, self.class_names = path, list(class_names)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return the samples at `indices` (n,)."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a SHA-256 of the files, in hexadecimal."""

    @property
    def classes_available(self) -> int:
        """The number of classes, 0 without labels."""
        return 0 if self.labels is None else len(self.class_names)

    def batches(self, size: int, first: int = 0, stride: int = 1) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, with labels if known."""
        for start in range(first * size, len(self), stride * size):
            rows = torch.arange(start, min(start + size, len(self)))
            yield Batch(self.take(rows), None if self.labels is None else self.labels[rows])

    def name_classes(self, names: Sequence[str]) -> None:
        """Give the classes the order of `names`, which has all of them; no names at all remove the labels."""
        if self.labels is not None:
            place = torch.tensor([names.index(name) if names else -1 for name in self.class_names], dtype=torch.int64)
            self.labels = place[self.labels] if names else None
        self.class_names, self.spec = list(names), replace(self.spec, classes=len(names))

    def real_samples(self) -> Iterator[Batch]:
        """Yield all samples, for feature spaces that are trained on labels."""
        return self.batches(256)
