"""The exact Wasserstein distance between two clouds of points."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class Wasserstein(Metric):
    """2-Wasserstein distance between equally many real and generated points, by linear assignment; lower is better.

    The root of the smallest mean squared distance at which points can be paired (Peyré & Cuturi 2019, section 2.2),
    in the points' own units, of the first `points` of each side, or of as many as the smaller side has. Two draws of
    one distribution are not at zero but, in d > 4 dimensions, about points^(−1/d) apart: compare at equal counts only.
    Raises ValueError for points below 1.
    """

    name: ClassVar[str] = "wasserstein"
    scores: ClassVar[dict[str, bool | None]] = {"wasserstein": False}

    def __init__(self, features: Features, data: Source | None = None, points: int = 2000) -> None:
        super().__init__(features, data)
        if points < 1:
            raise ValueError(f"metric.wasserstein.points must be at least 1, got {points}")
        self.points = points

    def check(self, features: Features) -> None:
        """Raise Unsuitable where the features are not the points themselves."""
        super().check(features)
        if features.name != "identity":
            raise UnsuitableMetricError(
                f"metric=wasserstein compares points, not features={features.name}; choose features=identity "
                "or metric=sliced_wasserstein, or drop wasserstein from metric"
            )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All points."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `wasserstein`; raises ValueError without real or generated points."""
        from scipy.optimize import linear_sum_assignment  # with the other 25 MiB that only this metric needs
        from scipy.spatial.distance import cdist

        reals, fakes = (side.rows("features").double().numpy() for side in (real, fake))
        count = min(self.points, len(reals), len(fakes))
        if not count:
            raise ValueError(
                f"wasserstein needs at least 1 real and 1 generated point, got {len(reals)} and {len(fakes)}"
            )
        costs = cdist(reals[:count], fakes[:count], "sqeuclidean")
        return {"wasserstein": float(costs[linear_sum_assignment(costs)].mean() ** 0.5)}

    def describe(self) -> dict[str, Any]:
        """Return the number of points."""
        return {"points": self.points}
