"""How statistics are accumulated over the batches of one sample set, and over processes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

import torch
import torchmetrics
from torch import Tensor

from ganlab.core import private_api
from ganlab.features.base import FeatureBatch


class Accumulator(ABC):
    """Accumulates one statistic over the batches of one sample set, and over processes."""

    @abstractmethod
    def add(self, batch: FeatureBatch, start: int) -> None:
        """Add a batch; `start` is the index of its first sample in the sample set."""

    @abstractmethod
    def result(self) -> dict[str, Tensor]:
        """Return the values over all processes, on the CPU; every process must call it."""


@final
class SumAccumulator(Accumulator):
    """Adds up float64 tensors of these shapes; `terms` returns what a batch adds to each of them."""

    def __init__(
        self, shapes: dict[str, tuple[int, ...]], terms: Callable[[FeatureBatch, int], dict[str, Tensor]]
    ) -> None:
        self.terms = terms
        self.sums = _Sums(shapes)

    def add(self, batch: FeatureBatch, start: int) -> None:
        """Add a batch."""
        self.sums.to(batch.features.device).update(self.terms(batch, start))

    def result(self) -> dict[str, Tensor]:
        """Return the sums by name."""
        return {name: self.sums.compute()[name].cpu().reshape(shape) for name, shape in self.sums.shapes.items()}


@final
class _Sums(torchmetrics.Metric):
    """Sums whose reduction over processes torchmetrics does."""

    full_state_update = False

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.shapes = shapes
        for name, shape in shapes.items():
            self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")
        private_api.mark_metric_updated(self)

    def update(self, terms: dict[str, Tensor]) -> None:
        for name, term in terms.items():
            getattr(self, name).add_(term)

    def compute(self) -> dict[str, Tensor]:
        return {name: getattr(self, name) for name in self.shapes}


@final
class RowAccumulator(Accumulator):
    """Keeps all values of one field of the feature batches, in the order of the samples."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.pieces: dict[int, Tensor] = {}  # by the index of their first sample

    def add(self, batch: FeatureBatch, start: int) -> None:
        """Add a batch."""
        self.pieces[start] = getattr(batch, self.field).cpu()

    def result(self) -> dict[str, Tensor]:
        """Return all values as "rows", shape (n, …)."""
        pieces = dict(piece for pieces in gather_objects(self.pieces) for piece in pieces.items())
        return {"rows": torch.cat([pieces[start] for start in sorted(pieces)]) if pieces else torch.empty(0)}


def gather_objects(value: Any) -> list[Any]:
    """Return the value of every process, in the order of ranks."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [value]
    values: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(values, value)  # tensor collectives would need pieces of equal shapes
    return values
