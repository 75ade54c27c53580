"""Number of different samples that a generator can make, estimated by the birthday paradox."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any, ClassVar, final

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import count_pairs_within, duplicate_distance
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class Birthday(Metric):
    """Support size by the birthday paradox (Arora, Risteski & Zhang 2018, theorem 1); higher is better.

    A batch of s out of N equally likely samples contains two equal ones with probability 1/2 at s²/(2 ln 2) = N. The
    paper draws batches, and a person looks for pairs that look alike. Here two samples are alike if their distance in
    the feature space is at most the `quantile` of the distances of real samples to their nearest other real sample. All
    n(n − 1)/2 pairs of generated samples are counted instead of drawing batches: if a share p of the pairs is alike,
    the probability is 1/2 at s²/2 = ln 2/p, so the support size is 1/p, without any randomness.

    With few such pairs the score means little: n real samples score about n/`quantile`. Without any such pair the score
    is the lower bound n(n − 1)/(2 ln 2), for which n samples contain a pair with probability 1/2. A generator that
    favours some samples scores less than the number of samples that it can make. Raises ValueError if the quantile is
    outside (0, 1).
    """

    name: ClassVar[str] = "birthday"
    scores: ClassVar[dict[str, bool | None]] = {"support_size": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"support_size": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None, quantile: float = 0.001) -> None:
        super().__init__(features, data)
        if not 0 < quantile < 1:
            raise ValueError(f"metric.birthday.quantile must be above 0 and below 1, got {quantile}")
        self.quantile = quantile

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `support_size`; raises ValueError for fewer than two real or generated samples."""
        real_rows, fake_rows = real.rows("features"), fake.rows("features")
        size = min(len(real_rows), len(fake_rows))
        if size < 2:
            raise ValueError(
                f"birthday needs at least 2 real and 2 generated samples, got {len(real_rows)} and {len(fake_rows)}"
            )
        pairs = count_pairs_within(fake_rows, duplicate_distance(real_rows, size, self.quantile))
        return {"support_size": len(fake_rows) * (len(fake_rows) - 1) / 2 / (pairs or log(2))}

    def describe(self) -> dict[str, Any]:
        """Return the quantile."""
        return {"quantile": self.quantile}
