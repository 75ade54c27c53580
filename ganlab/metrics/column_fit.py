"""How well each column of generated rows has the distribution of the real column."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import numpy as np

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.kinds.table_columns import Column
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows


@final
class ColumnFit(Metric):
    """1 − the distance between the distributions of a column in generated and real rows, as the mean over columns.

    Higher is better; `column_fit_worst` is that of the column that fits least. The distance of numbers and dates is the
    Kolmogorov–Smirnov statistic, or the difference of the shares of missing values if that is larger, and that of
    categories the total variation, with missing values as a category. Columns whose values are drawn independently fit
    perfectly, so read it together with `correlation_error` and `utility`. Raises UnsuitableMetricError if the data is
    no table.
    """

    name: ClassVar[str] = "column_fit"
    scores: ClassVar[dict[str, bool | None]] = {"column_fit": True, "column_fit_worst": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"column_fit": SHARE, "column_fit_worst": SHARE}

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self.rows = TableRows(data, self.name)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All rows."""
        return self.rows.statistics

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError without real or generated rows."""
        first, second = self.rows.both(real, fake)
        if not len(first) or not len(second):
            raise ValueError(
                f"column_fit needs at least 1 real and 1 generated row, got {len(first)} and {len(second)}"
            )
        fits = [
            1 - column_distance(column, first[:, place], second[:, place])
            for place, column in enumerate(self.rows.kind.all_columns)
        ]
        return {"column_fit": float(np.mean(fits)), "column_fit_worst": min(fits)}


def column_distance(column: Column, first: np.ndarray, second: np.ndarray) -> float:
    """Return the distance between the distributions of values (n,) and (m,), from 0 to 1."""
    if column.is_number:
        missing = abs(np.isnan(first).mean() - np.isnan(second).mean())
        return float(max(missing, kolmogorov_smirnov(first[~np.isnan(first)], second[~np.isnan(second)])))
    shares = [column.encode(values).mean(0) for values in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference of the distribution functions of two samples; 1 if only one is empty."""
    if not len(first) or not len(second):
        return float(len(first) != len(second))
    points = np.concatenate([first, second])
    shares = [np.searchsorted(np.sort(values), points, "right") / len(values) for values in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())
