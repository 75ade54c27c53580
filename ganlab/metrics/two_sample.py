"""Classifier two-sample test of tables: how well a random forest distinguishes generated rows from real ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import numpy as np

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows, area_under_curve

FOLDS = 5


@final
class TwoSample(Metric):
    """Area under the curve of a random forest that distinguishes generated from real rows (Lopez-Paz & Oquab 2017).

    The forest predicts each of five parts of as many generated as real rows after training on the other four. The
    area `two_sample` is 0.5 if rows cannot be distinguished, 1 if they always are, and below 0.5 if generated rows
    are nearer to single real rows than real rows are to each other, as copies are; so it has no direction, and
    `two_sample_gap` is its distance from 0.5, lower is better. `two_sample_accuracy` is the share of rows that the
    forest gets right. Raises ValueError for fewer than 1 tree, and UnsuitableMetricError if the data is no table.
    """

    name: ClassVar[str] = "two_sample"
    scores: ClassVar[dict[str, bool | None]] = {
        "two_sample": None,
        "two_sample_gap": False,
        "two_sample_accuracy": None,
    }
    ranges: ClassVar[Mapping[str, ScoreRange]] = {
        "two_sample": SHARE,
        "two_sample_gap": (0.0, 0.5),
        "two_sample_accuracy": SHARE,
    }

    def __init__(self, features: Features, data: Source | None = None, seed: int = 0, trees: int = 100) -> None:
        super().__init__(features, data)
        if trees < 1:
            raise ValueError(f"metric.two_sample.trees must be at least 1, got {trees}")
        self.rows, self.seed, self.trees = TableRows(data, self.name), seed, trees

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All rows."""
        return self.rows.statistics

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError for fewer than 5 rows of one side."""
        sides = self.rows.both(real, fake)
        count = min(map(len, sides))
        if count < FOLDS:
            raise ValueError(f"two_sample needs at least {FOLDS} real and {FOLDS} generated rows, got {count}")
        first, second = (self.rows.features(_spread(side, count)) for side in sides)
        truth = np.repeat([0, 1], count)
        shares = predict_folds(np.concatenate([first, second]), truth, self.trees, self.seed)
        area = area_under_curve(shares[count:], shares[:count])
        return {
            "two_sample": area,
            "two_sample_gap": abs(area - 0.5),
            "two_sample_accuracy": float(((shares > 0.5) == truth).mean()),
        }

    def describe(self) -> dict[str, Any]:
        """Return the number of trees and folds, and the seed."""
        return {"trees": self.trees, "folds": FOLDS, "seed": self.seed}


def predict_folds(features: np.ndarray, truth: np.ndarray, trees: int, seed: int) -> np.ndarray:
    """Return for each row (n,) the share of trees, trained on the other folds, that take it for a generated one."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(trees, random_state=seed)
    shares: np.ndarray = cross_val_predict(forest, features, truth, cv=folds, method="predict_proba")[:, 1]
    return shares


def _spread(rows: np.ndarray, count: int) -> np.ndarray:
    """Return `count` rows at equal distances."""
    return rows[np.arange(count) * len(rows) // count]
