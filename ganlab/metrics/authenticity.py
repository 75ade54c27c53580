"""Authenticity: the share of generated samples that are not copies of training samples."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import nearest
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class Authenticity(Metric):
    """Share of generated samples that are not copies of training samples (Alaa et al. 2022, section 3.3).

    Higher is better. A sample counts as a copy if its nearest training sample is at most as far from it as from the
    nearest other training sample. A generator that only copies scores 0. Independent samples of the data distribution
    score the share of nearest neighbours that are not mutual, which grows with the dimension: 1/3 on a line, and,
    measured with 6,000 samples, 0.39 in a square, and 0.58 and 0.85 for 8 and 64 normal numbers. Samples far from the
    data are authentic, too, so read the score together with one of quality.
    """

    name: ClassVar[str] = "authenticity"
    scores: ClassVar[dict[str, bool | None]] = {"authenticity": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"authenticity": SHARE}
    reference: ClassVar[str] = "train"

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `authenticity`; raises ValueError for fewer than 2 training samples or without generated samples."""
        train, generated = real.rows("features"), fake.rows("features")
        if len(train) < 2 or not len(generated):
            raise ValueError(
                f"authenticity needs at least 2 training samples and 1 generated sample, "
                f"got {len(train)} and {len(generated)}"
            )
        distance, indices = nearest(generated, train)
        used, places = indices.unique(return_inverse=True)  # few training samples are the nearest of a generated one
        spacing, _ = nearest(train[used], train, skip=used)
        return {"authenticity": float((distance > spacing[places]).double().mean())}
