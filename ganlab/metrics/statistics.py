"""Statistics of one sample set, real or generated: gathered in one pass and shared by all metrics that read them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch
from ganlab.metrics.accumulators import Accumulator, RowAccumulator, SumAccumulator

StatisticValues: TypeAlias = Mapping[str, Tensor]  # of one statistic, by name


class Statistic(ABC):
    """Names what to gather of the samples. Extend it with frozen dataclasses of plain values.

    Equal statistics are gathered once, and `repr` is a statistic's name in the cache of real statistics.

    >>> @dataclass(frozen=True)
    ... class Largest(Statistic):
    ...     field: str
    ...
    ...     @property
    ...     def reads(self):
    ...         return (self.field,)
    ...
    ...     def accumulator(self):
    ...         return LargestAccumulator(self.field)
    >>> class LargestAccumulator(Accumulator):
    ...     def __init__(self, field):
    ...         self.field, self.value = field, torch.tensor(-torch.inf)
    ...
    ...     def add(self, batch, start):
    ...         self.value = torch.maximum(self.value, getattr(batch, self.field).max().cpu())
    ...
    ...     def result(self):  # in one process; among several, reduce it over them here
    ...         return {"value": self.value}
    >>> batches = [(FeatureBatch(torch.tensor([[1.0], [4.0]])), 0), (FeatureBatch(torch.tensor([[2.0]])), 2)]
    >>> gather(iter(batches), [Largest("features")])
    {Largest(field='features'): {'value': tensor(4.)}}
    """

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The fields of `FeatureBatch` that it reads."""

    @abstractmethod
    def accumulator(self) -> Accumulator:
        """Return a new, empty accumulator."""


class SumStatistic(Statistic, ABC):
    """Named float64 sums over samples; their memory does not grow with the number of samples.

    Sums over processes, too. A metric that reads only sums can be bootstrapped.

    >>> @dataclass(frozen=True)
    ... class SquaredNorm(SumStatistic):
    ...     @property
    ...     def reads(self):
    ...         return ("features",)
    ...
    ...     def shapes(self):
    ...         return {"total": (), "count": ()}
    ...
    ...     def terms(self, batch, start):
    ...         squares = batch.features.double().square()
    ...         return {"total": squares.sum(), "count": torch.tensor(float(len(squares)))}
    >>> batches = [(FeatureBatch(torch.ones(3, 2)), 0), (FeatureBatch(torch.zeros(1, 2)), 3)]
    >>> values = gather(iter(batches), [SquaredNorm()])[SquaredNorm()]
    >>> (values["total"] / values["count"]).item()
    1.5
    """

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every sum by name."""

    @abstractmethod
    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Return what a batch adds to every sum; `start` is the index of its first sample."""

    def accumulator(self) -> Accumulator:
        """Return an accumulator whose sums are zero."""
        return SumAccumulator(self.shapes(), self.terms)


@final
@dataclass(frozen=True)
class Moments(SumStatistic):
    """Sums for count, mean and covariance of one field of feature batches ("features", "spatial" or "logits")."""

    field: str
    width: int

    @property
    def reads(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a vector, a matrix and a number."""
        return {"total": (self.width,), "products": (self.width, self.width), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Sum rows and their outer products."""
        rows = getattr(batch, self.field).double()
        return {"total": rows.sum(0), "products": rows.T @ rows, "count": torch.tensor(float(len(rows)))}


@final
@dataclass(frozen=True)
class AllValues(Statistic):
    """All values of one field of feature batches, in the order of the samples, as "rows"."""

    field: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)

    def accumulator(self) -> Accumulator:
        """Return an accumulator without rows."""
        return RowAccumulator(self.field)


@final
class SampleStatistics:
    """The gathered statistics of one sample set."""

    def __init__(self, values: Mapping[Statistic, StatisticValues]) -> None:
        self._values = values

    def __getitem__(self, statistic: Statistic) -> StatisticValues:
        return self._values[statistic]

    def rows(self, field: str) -> Tensor:
        """Return all values of a field, which the metric requests with `AllValues(field)`."""
        return self[AllValues(field)]["rows"]


def gather(
    batches: Iterator[tuple[FeatureBatch, int]], statistics: Sequence[Statistic]
) -> dict[Statistic, dict[str, Tensor]]:
    """Return the values of each statistic over batches, each given with the index of its first sample."""
    accumulators = {statistic: statistic.accumulator() for statistic in statistics}
    for batch, start in batches:
        for accumulator in accumulators.values():
            accumulator.add(batch, start)
    return {statistic: accumulator.result() for statistic, accumulator in accumulators.items()}
