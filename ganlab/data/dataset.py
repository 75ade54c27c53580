"""What the framework knows of data: how many samples, of which shape, and how to gather, draw and picture them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Shape, Spec
from ganlab.core.random import Random

SPLITS = ("train", "validation", "test")


class DataSet(ABC):
    """Samples in network coordinates (uint8 images stand for [−1, 1]), functions of indices and `Random` alone."""

    spec: Spec
    scale: float = 1.0  # own coordinates = network coordinates × scale
    labels: Tensor | None = None  # (table,) class of every sample, known even where conditioning is off
    classes_available: int = 0
    classifier: str | None = None  # the shipped classifier that was trained on this data
    class_names: Sequence[str] = ()  # by number, where classes have names
    needs_workers: bool = False  # samples are decoded when asked for, which pays for worker processes

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec that data of these settings has, or None where that is known only after reading it."""
        return None

    @abstractmethod
    def split(self, name: str) -> Tensor:
        """Return the indices of "train", "validation" or "test", shape (n,); raises ValueError for another name."""

    @abstractmethod
    def labelled(self, indices: Tensor, random: Random) -> Batch:
        """Return the samples of some indices, with their class as condition wherever it is known."""

    @abstractmethod
    def reals(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield at most `count` (0: all) real samples for scores, unflipped, with labels where known.

        A table gives every sample at most once, in an order drawn from `seed`; a distribution gives fresh ones. Raises
        ValueError where the split is empty.
        """

    @abstractmethod
    def sheet(self, samples: Tensor) -> Image.Image:
        """Picture samples that are given in the data's own coordinates."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a SHA-256 of the samples, their labels and their split, in hexadecimal."""

    def summary(self) -> str:
        """Return what there is of it, in words, for whoever watches; nothing where it has no end."""
        return ""

    def count(self, wanted: int = 0, split: str = "train") -> int:
        """Return how many samples `reals` yields where so many are wanted, 0 being all."""
        there = len(self.split(split))
        return min(wanted or there, there)

    def __len__(self) -> int:
        """Return the number of training samples; for a distribution a nominal one."""
        return len(self.split("train"))

    def batch(self, indices: Tensor, random: Random) -> Batch:
        """Return training samples, with their labels only where conditioning was asked for."""
        batch = self.labelled(indices, random)
        return batch if self.spec.classes else Batch(batch.sample)

    def decode(self, samples: Tensor) -> Tensor:
        """Turn network coordinates into the data's own."""
        return samples * self.scale if self.scale != 1 else samples


def describe(sample: Shape, labels: bool, classes: int) -> Spec:
    """Return the spec of data with `classes` known classes; raises ValueError where labels are asked of too few."""
    if labels and classes < 2:
        raise ValueError(
            f"labels is true, but this data has {classes or 'no'} class{'es' if classes == 0 else ''}: "
            "conditioning needs at least 2, so set labels to false or give the data more classes"
        )
    return Spec(sample, cond=() if labels else None, classes=classes if labels else 0)


def check_split(name: str) -> None:
    """Raise ValueError for anything but "train", "validation" and "test"."""
    if name not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {name!r}")


def normalize(batch: Batch) -> Batch:
    """Turn uint8 leaves into float32 in [−1, 1]; labels and floats stay as they are."""
    return Batch(tree.map(_unit, batch.sample), tree.map(_unit, batch.cond))


def _unit(x: Tensor) -> Tensor:
    return x.float().div_(127.5).sub_(1) if x.dtype == torch.uint8 else x
