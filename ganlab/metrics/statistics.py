"""What metrics read of one side, real or generated: gathered once, shared by all metrics that ask for the same."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
import torchmetrics
from torch import Tensor

from ganlab.core import private_api
from ganlab.features.base import FeatureBatch

Gathered = Mapping[str, Tensor]


class Accumulator(ABC):
    """Takes in batches of one side and, among several processes, joins what each has seen."""

    @abstractmethod
    def add(self, batch: FeatureBatch, start: int) -> None:
        """Take in a batch whose first sample is number `start` of its side."""

    @abstractmethod
    def result(self) -> dict[str, Tensor]:
        """Return what all processes have gathered, on the CPU; every process must call it."""


class Statistic(ABC):
    """Names something to gather; equal statistics are gathered once. Extend it with frozen dataclasses of plain values.

    `repr` is a statistic's name in the cache of real statistics.
    """

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The fields of feature batches that it looks at."""

    @abstractmethod
    def accumulator(self) -> Accumulator:
        """Start gathering."""


class SumStatistic(Statistic, ABC):
    """Named float64 sums over samples: their memory does not grow with the number of samples."""

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every sum."""

    @abstractmethod
    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Return what a batch adds to every sum."""

    def accumulator(self) -> Accumulator:
        """Start at zero."""
        return _Adding(self)


@final
@dataclass(frozen=True)
class Moments(SumStatistic):
    """Count, mean and covariance of one field of feature batches ("features", "spatial" or "logits")."""

    field: str
    width: int

    @property
    def reads(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return one vector, one matrix, one number."""
        return {"total": (self.width,), "products": (self.width, self.width), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Sum rows and their outer products."""
        rows = getattr(batch, self.field).double()
        return {"total": rows.sum(0), "products": rows.T @ rows, "count": torch.tensor(float(len(rows)))}


@final
@dataclass(frozen=True)
class AllValues(Statistic):
    """All values of one field of feature batches, in the order of the samples, under the name "rows"."""

    field: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)

    def accumulator(self) -> Accumulator:
        """Start with nothing."""
        return _Keeping(self.field)


@final
class SampleStatistics:
    """The statistics of one side."""

    def __init__(self, gathered: Mapping[Statistic, Gathered]) -> None:
        self._gathered = gathered

    def __getitem__(self, statistic: Statistic) -> Gathered:
        return self._gathered[statistic]

    def rows(self, field: str) -> Tensor:
        """Return all values of a field that a metric keeps."""
        return self[AllValues(field)]["rows"]


def gather(
    batches: Iterator[tuple[FeatureBatch, int]], statistics: Sequence[Statistic]
) -> dict[Statistic, dict[str, Tensor]]:
    """Feed batches, each with the number of its first sample, to the statistics and return what they gathered."""
    accumulators = {statistic: statistic.accumulator() for statistic in statistics}
    for batch, start in batches:
        for accumulator in accumulators.values():
            accumulator.add(batch, start)
    return {statistic: accumulator.result() for statistic, accumulator in accumulators.items()}


@final
class _Adding(Accumulator):
    def __init__(self, statistic: SumStatistic) -> None:
        self.statistic = statistic
        self.sums = _Sums(statistic.shapes())

    def add(self, batch: FeatureBatch, start: int) -> None:
        self.sums.to(batch.features.device).update(self.statistic.terms(batch, start))

    def result(self) -> dict[str, Tensor]:
        return {name: self.sums.compute()[name].cpu().reshape(shape) for name, shape in self.sums.shapes.items()}


@final
class _Sums(torchmetrics.Metric):
    """Leaves the sum over processes to torchmetrics."""

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
class _Keeping(Accumulator):
    def __init__(self, field: str) -> None:
        self.field = field
        self.pieces: dict[int, Tensor] = {}

    def add(self, batch: FeatureBatch, start: int) -> None:
        self.pieces[start] = getattr(batch, self.field).cpu()

    def result(self) -> dict[str, Tensor]:
        pieces = dict(pair for part in _everyones(self.pieces) for pair in part.items())
        return {"rows": torch.cat([pieces[start] for start in sorted(pieces)]) if pieces else torch.empty(0)}


def _everyones(mine: Any) -> list[Any]:
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [mine]
    parts: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(parts, mine)  # pieces are of unlike shapes, which tensors' collectives refuse
    return parts
