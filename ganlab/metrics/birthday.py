"""How many different samples a generator has, by the birthday paradox."""

from collections.abc import Sequence
from math import log
from typing import Any, ClassVar, final

from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import closeness, pairs_within
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class Birthday(Metric):
    """Support size by the birthday paradox (Arora, Risteski & Zhang 2018, theorem 1); higher is better.

    Among N equally likely samples a batch of s holds two alike with probability one half at s²/(2 ln 2) = N. The paper
    draws batches and asks a person for pairs that look alike; here two samples are alike where they are as close in the
    feature space as hardly any two real ones, the `quantile` of real samples' distances to their nearest other. All
    n(n − 1)/2 pairs of generated samples are counted rather than batches drawn: with a share p of pairs alike the
    probability is one half at s²/2 = ln 2/p, so the support size is 1/p, and nothing random is left in it.

    Where the pairs alike are few it means little: real data of n samples score about n/`quantile`, and without any such
    pair the score is the lower bound n(n − 1)/(2 ln 2), at which n samples hold one with probability one half. A
    generator that favours some samples scores less than the number of those that it can make. Raises ValueError for a
    quantile outside (0, 1).
    """

    name: ClassVar[str] = "birthday"
    scores: ClassVar[dict[str, bool | None]] = {"support_size": True}

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
        """Return `support_size`; raises ValueError for fewer than two samples of a side."""
        theirs, ours = real.rows("features"), fake.rows("features")
        size = min(len(theirs), len(ours))
        if size < 2:
            raise ValueError(
                f"birthday needs at least 2 real and 2 generated samples, got {len(theirs)} and {len(ours)}"
            )
        alike = pairs_within(ours, closeness(theirs, size, self.quantile))
        return {"support_size": len(ours) * (len(ours) - 1) / 2 / (alike or log(2))}

    def describe(self) -> dict[str, Any]:
        """Return the quantile."""
        return {"quantile": self.quantile}
