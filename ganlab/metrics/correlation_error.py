"""How far the correlations between columns of generated rows are from those of real rows."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import numpy as np

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows


@final
class CorrelationError(Metric):
    """Mean absolute difference of the Pearson correlations of pairs of features in generated and in real rows.

    Lower is better. Features are numbers, and one of 0 and 1 for each category; pairs are those of different columns. A
    constant feature is correlated with nothing. Rows of a small split differ from their distribution, too: compare it
    with the floor. Raises UnsuitableMetricError if the data is no table.
    """

    name: ClassVar[str] = "correlation_error"
    scores: ClassVar[dict[str, bool | None]] = {"correlation_error": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"correlation_error": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self.rows = TableRows(data, self.name)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All rows."""
        return self.rows.statistics

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the score; raises ValueError for fewer than 2 real or generated rows, or for a single column."""
        sides = self.rows.both(real, fake)
        if min(map(len, sides)) < 2:
            raise ValueError(
                f"correlation_error needs at least 2 real and 2 generated rows, got {len(sides[0])} and {len(sides[1])}"
            )
        first, second = (correlations(self.rows.features(side)) for side in sides)
        pairs = self._pairs()
        if not pairs.any():
            raise ValueError("correlation_error needs at least 2 columns, got 1")
        return {"correlation_error": float(np.abs(first - second)[pairs].mean())}

    def _pairs(self) -> np.ndarray:
        """Return which pairs of features (k, k) are of different columns."""
        columns = self.rows.kind.all_columns
        widths = [column.to_features(np.zeros(1)).shape[1] for column in columns]
        places = np.repeat(np.arange(len(columns)), widths)
        different: np.ndarray = places[:, None] < places
        return different


def correlations(features: np.ndarray) -> np.ndarray:
    """Return the correlations (k, k) of features (n, k), 0 for constant ones."""
    centred = features - features.mean(0)
    norms = np.sqrt((centred**2).sum(0))
    scaled = centred / np.where(norms > 1e-9 * np.abs(features).max(0, initial=1.0), norms, np.inf)
    products: np.ndarray = scaled.T @ scaled
    return products
