"""Which generated sequences are copies of training samples, and which are real ones that were held out."""

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.tokens import Tokens, are_among, require_tokens, rows_of


class _ShareOfSequences(Metric, ABC):
    """The share of generated sequences that occur among the real ones of the reference."""

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        require_tokens(self.name, data)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All symbols."""
        return [Tokens()]

    def share(self, real: SampleStatistics, fake: SampleStatistics) -> float:
        """Return the share; raises ValueError without samples."""
        return float(are_among(rows_of(self.name, fake), rows_of(self.name, real)).double().mean())


@final
class Novelty(_ShareOfSequences):
    """Share of generated sequences that are training samples, `copied`, and that are not, `novel`.

    Neither has a direction: a generator of the right distribution copies some, and noise is all novel.
    """

    name: ClassVar[str] = "novelty"
    scores: ClassVar[dict[str, bool | None]] = {"copied": None, "novel": None}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"copied": SHARE, "novel": SHARE}
    reference: ClassVar[str] = "train"

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `copied` and `novel`; raises ValueError without samples."""
        copied = self.share(real, fake)
        return {"copied": copied, "novel": 1 - copied}


@final
class UnseenReal(_ShareOfSequences):
    """Share of generated sequences that are real but were not seen: they occur among the held-out samples.

    No sequence is both a training and a held-out sample, so copies do not count. It grows with the number of held-out
    samples, which the protocol has.
    """

    name: ClassVar[str] = "unseen_real"
    scores: ClassVar[dict[str, bool | None]] = {"unseen_real": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"unseen_real": SHARE}

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `unseen_real`; raises ValueError without samples."""
        return {"unseen_real": self.share(real, fake)}
