"""Utility: how well models that are trained on generated rows predict the target of real ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import numpy as np

from ganlab.core.score_range import ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows

UP_TO_1: ScoreRange = (None, 1.0)


@final
class Utility(Metric):
    """Train on synthetic, test on real (Esteban et al. 2017, section 4.2): the mean of scikit-learn's models' scores.

    Higher is better. Of a target with categories the models are logistic regression and a random forest, and their
    score is the accuracy; of a numeric target, ridge regression and a random forest, whose score is R², 1 − the
    squared error over the variance, which is negative for predictions worse than the mean. Inputs are the features of
    all other columns, standardised by the generated rows. Compare it with the floor, where the models are trained on
    the real training rows. `utility_linear` and `utility_forest` are the scores of the two models. Raises ValueError
    for fewer than 1 tree, and UnsuitableMetricError if the data is no table or has no target.
    """

    name: ClassVar[str] = "utility"
    scores: ClassVar[dict[str, bool | None]] = {"utility": True, "utility_linear": True, "utility_forest": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = dict.fromkeys(scores, UP_TO_1)

    def __init__(self, features: Features, data: Source | None = None, seed: int = 0, trees: int = 100) -> None:
        super().__init__(features, data)
        if trees < 1:
            raise ValueError(f"metric.utility.trees must be at least 1, got {trees}")
        self.rows = TableRows(data, self.name)
        place = self.rows.kind.target_place
        if place is None:
            raise UnsuitableMetricError(
                "metric=utility trains models to predict a column, but the table has no target; set data.target to the "
                "name of a column, or remove utility from metric"
            )
        self.place, self.seed, self.trees = place, seed, trees

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All rows."""
        return self.rows.statistics

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError without a real or without two generated rows."""
        kind = self.rows.kind
        test, train = self.rows.both(real, fake)
        train = train[~np.isnan(train[:, self.place])]  # rows without a target teach nothing
        if not len(test) or len(train) < 2:
            raise ValueError(
                f"utility needs at least 1 real row and 2 generated rows of the same classes, got {len(test)} and "
                f"{len(train)}"
            )
        is_number = kind.all_columns[self.place].is_number
        models = regressors(self.trees, self.seed) if is_number else classifiers(self.trees, self.seed)
        parts = [(kind.inputs(values), values[:, self.place]) for values in (train, test)]
        scores = {name: fit_and_score(model, *parts[0], *parts[1], is_number) for name, model in models.items()}
        named = {f"utility_{name}": score for name, score in scores.items()}
        return {"utility": float(np.mean(list(scores.values()))), **named}

    def describe(self) -> dict[str, Any]:
        """Return the number of trees and their seed."""
        return {"trees": self.trees, "seed": self.seed}


def classifiers(trees: int, seed: int) -> dict[str, Any]:
    """Return the models that predict a category; scikit-learn takes a second to import."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
        "forest": RandomForestClassifier(trees, random_state=seed),
    }


def regressors(trees: int, seed: int) -> dict[str, Any]:
    """Return the models that predict a number."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "linear": make_pipeline(StandardScaler(), Ridge()),
        "forest": RandomForestRegressor(trees, random_state=seed),
    }


def fit_and_score(
    model: Any, inputs: np.ndarray, target: np.ndarray, test: np.ndarray, truth: np.ndarray, is_number: bool
) -> float:
    """Return the score of a model; rows that all have one category predict that."""
    if not is_number and len(np.unique(target)) < 2:
        return float((truth == target[0]).mean())
    return float(model.fit(inputs, target).score(test, truth))
