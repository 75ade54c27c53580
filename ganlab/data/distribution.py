"""`Distribution`, the base class of data sets that draw fresh samples at every step."""

from abc import abstractmethod
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Shape, Spec
from ganlab.core.random import Random, derive
from ganlab.data.dataset import DataSet, build_spec, check_split

NOMINAL_LENGTH = 1 << 16  # samples that count as one pass over the data
DEFAULT_REALS = 10_000  # real samples for scores if all are requested
PREVIEW_SAMPLES = 2  # samples drawn to check the type and shape of what `draw` returns


class Distribution(DataSet):
    """Base class of data sets without a table: every sample is drawn as a function of seed and step.

    `shape` is that of one sample. `scale` divides the data's own coordinates to network coordinates. `identity` holds
    the distribution's name and parameters, which the fingerprint hashes. `classes` is the number of classes (0: none);
    the networks see them if `labels` is true, which raises ValueError with fewer than 2 classes.

    >>> class Coin(Distribution):
    ...     def __init__(self):
    ...         super().__init__((1,), scale=1.0, identity=("coin",), labels=False, classes=2)
    ...
    ...     def draw(self, count, random):
    ...         side = random.integers("data.side", 2, (count,))
    ...         return Batch(2.0 * side[:, None] - 1, side)
    >>> Coin.preview().sample
    (1,)
    >>> Coin().batch(torch.arange(4), Random()).sample.shape
    torch.Size([4, 1])
    """

    def __init__(self, shape: Shape, scale: float, identity: tuple[object, ...], labels: bool, classes: int) -> None:
        self.scale, self.identity, self.classes_available = scale, identity, classes
        self.spec = build_spec(shape, labels, classes)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec after a test draw; raises ValueError if `draw` returns another type or shape."""
        data = cls(**settings)
        check_draw(data.draw(PREVIEW_SAMPLES, Random()), PREVIEW_SAMPLES, data.spec)
        return data.spec

    @abstractmethod
    def draw(self, count: int, random: Random) -> Batch:
        """Draw samples (count, *shape), float32 in the data's own coordinates, with int64 labels (count,) or None."""

    def split(self, name: str) -> Tensor:
        """Return nominal indices, whose values have no meaning; raises ValueError for an unknown split."""
        check_split(name)
        return torch.arange(NOMINAL_LENGTH)

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Draw one fresh sample per index, in network coordinates."""
        batch = self.draw(len(indices), random)
        return Batch(batch.sample / self.scale, batch.cond)

    def reference(self, count: int, seed: int = 0, split: str = "train") -> Batch:
        """Draw samples that no training step draws, in the data's own coordinates; the same for equal seeds."""
        check_split(split)
        return self.draw(count, Random(derive(seed, "reals", split)))

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield exactly `count` (0: 10,000) fresh samples in network coordinates, in batches of `chunk`."""
        batch = self.reference(count or DEFAULT_REALS, seed, split)
        samples = (batch.sample / self.scale).split(chunk)
        if batch.cond is None:
            return map(Batch, samples)
        return (Batch(part, labels) for part, labels in zip(samples, batch.cond.split(chunk), strict=True))

    def count(self, requested: int = 0, split: str = "train") -> int:
        """Return the requested number, or 10,000 for 0."""
        return requested or DEFAULT_REALS

    def fingerprint(self) -> str:
        """Hash the name and the parameters."""
        return sha256(repr(self.identity).encode()).hexdigest()


def check_positive(**values: float) -> None:
    """Raise ValueError for the first value that is not positive."""
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")


def check_draw(batch: Batch, count: int, spec: Spec) -> None:
    """Raise ValueError unless `batch` is what `draw(count, random)` must return for this spec."""
    shape = (count, *spec.sample)
    if not isinstance(batch, Batch):
        raise ValueError(
            f"draw must return a Batch of samples of shape {shape} and labels or None, got a {_type_name(batch)}"
        )
    samples, labels = batch
    if not torch.is_tensor(samples) or samples.dtype != torch.float32 or samples.shape != shape:
        raise ValueError(
            f"draw({count}, random) must return float32 samples of shape {shape}, got {_describe_value(samples)}"
        )
    if not spec.classes:
        return
    if not torch.is_tensor(labels) or labels.dtype != torch.int64 or labels.shape != (count,):
        raise ValueError(
            f"draw({count}, random) must return int64 labels of shape ({count},), got {_describe_value(labels)}"
        )
    if labels.min() < 0 or labels.max() >= spec.classes:
        raise ValueError(f"draw must return labels from 0 to {spec.classes - 1}, got {labels.tolist()}")


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


def _describe_value(value: object) -> str:
    if torch.is_tensor(value):
        return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {_type_name(value)}"
