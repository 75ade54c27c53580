"""Endless data: every step draws fresh samples, and no table runs out."""

from abc import abstractmethod
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Shape, Spec
from ganlab.core.random import Random, derive
from ganlab.data.dataset import DataSet, check_split, describe

NOMINAL = 1 << 16  # samples that count as one pass over data without end
ALL = 10_000  # what "all" means for scores
TRIED = 2  # samples that are drawn to see what they are


class Distribution(DataSet):
    """Samples drawn as a function of seed and step; `identity` names the distribution and its parameters.

    `scale` divides the data's own coordinates to those of the networks.
    """

    def __init__(self, shape: Shape, scale: float, identity: tuple[object, ...], labels: bool, classes: int) -> None:
        self.scale, self.identity, self.classes_available = scale, identity, classes
        self.spec = describe(shape, labels, classes)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec, as nothing is read; raises ValueError where what is drawn is something else."""
        made = cls(**settings)
        check_drawn(made.draw(TRIED, Random()), TRIED, made.spec)
        return made.spec

    @abstractmethod
    def draw(self, count: int, random: Random) -> Batch:
        """Draw samples in the data's own coordinates, with their class where there is one."""

    def split(self, name: str) -> Tensor:
        """Return nominal indices; their values mean nothing."""
        check_split(name)
        return torch.arange(NOMINAL)

    def labelled(self, indices: Tensor, random: Random) -> Batch:
        """Draw one fresh sample for every index."""
        batch = self.draw(len(indices), random)
        return Batch(batch.sample / self.scale, batch.cond)

    def reference(self, count: int, seed: int = 0, split: str = "train") -> Batch:
        """Draw samples in the data's own coordinates that no training step draws, the same for one seed."""
        check_split(split)
        return self.draw(count, Random(derive(seed, "reals", split)))

    def reals(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield exactly `count` (0: 10,000) fresh samples in network coordinates."""
        batch = self.reference(count or ALL, seed, split)
        samples = (batch.sample / self.scale).split(chunk)
        if batch.cond is None:
            return (Batch(part) for part in samples)
        return (Batch(part, labels) for part, labels in zip(samples, batch.cond.split(chunk), strict=True))

    def count(self, wanted: int = 0, split: str = "train") -> int:
        """Return what is wanted, 0 being 10,000."""
        return wanted or ALL

    def fingerprint(self) -> str:
        """Hash the name and the parameters."""
        return sha256(repr(self.identity).encode()).hexdigest()


def check_positive(**values: float) -> None:
    """Raise ValueError for the first value that is not positive."""
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")


def check_drawn(drawn: Batch, count: int, spec: Spec) -> None:
    """Raise ValueError where `count` samples were asked for, and this is something else."""
    wanted = (count, *spec.sample)
    if not isinstance(drawn, Batch):
        raise ValueError(f"draw must return a Batch of samples {wanted} and labels or None, got a {_kind(drawn)}")
    samples, labels = drawn
    if not torch.is_tensor(samples) or samples.dtype != torch.float32 or samples.shape != wanted:
        raise ValueError(f"draw({count}, random) must return float32 samples of shape {wanted}, got {_told(samples)}")
    if not spec.classes:
        return
    if not torch.is_tensor(labels) or labels.dtype != torch.int64 or labels.shape != (count,):
        raise ValueError(f"draw({count}, random) must return int64 labels of shape ({count},), got {_told(labels)}")
    if labels.min() < 0 or labels.max() >= spec.classes:
        raise ValueError(f"draw must return labels from 0 to {spec.classes - 1}, got {labels.tolist()}")


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


def _told(value: object) -> str:
    if torch.is_tensor(value):
        return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {_kind(value)}"
