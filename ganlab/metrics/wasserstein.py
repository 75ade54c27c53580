"""Exact Wasserstein distance between two sets of points."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class Wasserstein(Metric):
    """2-Wasserstein distance between equally many real and generated points, by linear assignment; lower is better.

    The root of the smallest mean squared distance over all pairings of the points (Peyré & Cuturi 2019, section 2.2),
    in the units of the points. It uses the first `points` real and generated points, or as many as the smaller set has.
    Two draws of one distribution are not at distance zero but, in d > 4 dimensions, at about points^(−1/d), so compare
    only at equal counts. Raises ValueError if `points` is below 1, and UnsuitableMetricError if the features are not
    the points themselves.
    """

    name: ClassVar[str] = "wasserstein"
    scores: ClassVar[dict[str, bool | None]] = {"wasserstein": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"wasserstein": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None, points: int = 2000) -> None:
        super().__init__(features, data)
        if points < 1:
            raise ValueError(f"metric.wasserstein.points must be at least 1, got {points}")
        self.points = points

    def check(self, features: Features) -> None:
        """Raise UnsuitableMetricError if the features are not the points themselves."""
        super().check(features)
        if features.name != "identity":
            raise UnsuitableMetricError(
                f"metric=wasserstein compares points, not features={features.name}; choose features=identity "
                "or metric=sliced_wasserstein, or remove wasserstein from metric"
            )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All points."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `wasserstein`; raises ValueError without real or generated points."""
        from scipy.optimize import (
            linear_sum_assignment,
        )  # imported here: both take 25 MiB that other metrics do not need
        from scipy.spatial.distance import cdist

        real_points, fake_points = (samples.rows("features").double().numpy() for samples in (real, fake))
        count = min(self.points, len(real_points), len(fake_points))
        if not count:
            raise ValueError(
                f"wasserstein needs at least 1 real and 1 generated point, "
                f"got {len(real_points)} and {len(fake_points)}"
            )
        costs = cdist(real_points[:count], fake_points[:count], "sqeuclidean")
        return {"wasserstein": float(costs[linear_sum_assignment(costs)].mean() ** 0.5)}

    def describe(self) -> dict[str, Any]:
        """Return the number of points."""
        return {"points": self.points}
