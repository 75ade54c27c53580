"""The symbols of all samples, which metrics of sequences read, and their n-grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Source
from ganlab.kinds import kind_of
from ganlab.layers.tokens import BEGIN, PADDING, are_tokens, to_tokens
from ganlab.metrics.accumulators import Accumulator
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
@dataclass(frozen=True)
class Tokens(Statistic):
    """The numbers of the symbols of each sample, as "rows": int32 of shape (n, length)."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The samples themselves."""
        return ("samples",)

    def accumulator(self) -> Accumulator:
        """Return an accumulator without rows."""
        return _TokenAccumulator()


@final
class _TokenAccumulator(Accumulator):
    def __init__(self) -> None:
        self.rows = AllValues("features").accumulator()  # gathers the numbers over processes, in order

    def add(self, batch: FeatureBatch, start: int) -> None:
        assert batch.samples is not None
        self.rows.add(FeatureBatch(to_tokens(batch.samples).int()), start)

    def result(self) -> dict[str, Tensor]:
        return self.rows.result()


def require_tokens(name: str, data: Source | None) -> None:
    """Raise UnsuitableMetricError, naming the metric, if samples are no sequences of symbols."""
    if data is None or not are_tokens(data.spec):
        what = "other samples" if data is None else kind_of(data.spec).plural
        raise UnsuitableMetricError(
            f"metric={name} is for sequences of symbols, such as text, but the data has {what}; remove {name} from "
            "metric"
        )


def rows_of(name: str, statistics: SampleStatistics) -> Tensor:
    """Return the numbers of symbols (n, length), int64; raises ValueError, naming the metric, without samples."""
    rows = statistics[Tokens()]["rows"].long()
    if not len(rows):
        raise ValueError(f"{name} needs at least 1 real and 1 generated sequence")
    return rows


def n_grams(rows: Tensor, order: int) -> Tensor:
    """Return all `order` neighbouring symbols (m, order) of sequences (n, length), begin and end included."""
    framed = torch.cat([torch.full_like(rows[:, :1], BEGIN), rows], 1)
    if framed.shape[1] < order:
        return framed.new_empty(0, order)
    windows = framed.unfold(1, order, 1).flatten(0, 1)
    return windows[windows[:, -1] != PADDING]


def count_common(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return how often each different row of either of two tables (n, k) and (m, k) occurs in each of them."""
    numbers = _number_rows(torch.cat([first, second]))
    counts = [part.bincount(minlength=int(numbers.max()) + 1) for part in numbers.split([len(first), len(second)])]
    return counts[0], counts[1]


def are_among(rows: Tensor, others: Tensor) -> Tensor:
    """Return for each row of a table (n, k) whether it is one of the rows of another (m, k), of any lengths k."""
    width = max(rows.shape[1], others.shape[1])
    tables = [torch.nn.functional.pad(table, (0, width - table.shape[1]), value=PADDING) for table in (rows, others)]
    numbers = _number_rows(torch.cat(tables))
    return torch.isin(numbers[: len(rows)], numbers[len(rows) :])


def _number_rows(rows: Tensor) -> Tensor:
    """Return a number (n,) for each row of a table (n, k), equal for equal rows and below n."""
    numbers = torch.zeros(len(rows), dtype=torch.int64)
    for column in rows.unbind(1):  # much faster than unique rows, which are sorted as wholes
        numbers = (numbers * (int(column.max()) + 1) + column).unique(return_inverse=True)[1]
    return numbers


def strip(row: Sequence[int]) -> list[int]:
    """Return the symbols of a row without begin, end and padding."""
    return [number for number in row if number > 2]
