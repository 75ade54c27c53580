"""FID of spatial features, which describe where in the image something is."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.frechet import ReferenceDistance
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import Moments, SampleStatistics, Statistic


@final
class SpatialFID(Metric):
    """FID of a feature space's spatial features, sFID (Nash et al. 2021); lower is better.

    It is sensitive to wrong layouts, unlike FID of pooled features. Few samples bias it upwards, as they do FID. Raises
    UnsuitableMetricError if the feature space has no spatial features.
    """

    name: ClassVar[str] = "spatial_fid"
    scores: ClassVar[dict[str, bool | None]] = {"spatial_fid": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"spatial_fid": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self.moments = Moments("spatial", features.spatial_width)
        self.needed_real_samples = features.spatial_width + 1  # for a covariance of full rank
        self.distance = ReferenceDistance(self.name)

    def check(self, features: Features) -> None:
        """Raise UnsuitableMetricError if the feature space has no spatial features."""
        super().check(features)
        if not features.spatial_width:
            raise UnsuitableMetricError(
                f"metric=spatial_fid needs spatial features, which features={features.name} does not have; "
                "choose features=inception or features=classifier, or remove spatial_fid from metric"
            )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Mean and covariance."""
        return [self.moments]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `spatial_fid`; raises ValueError for fewer than two real or generated samples."""
        return {"spatial_fid": self.distance(real[self.moments], fake[self.moments])}
