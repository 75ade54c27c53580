"""Divergence of the n-grams of generated sequences from those of real ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.tokens import Tokens, count_common, n_grams, require_tokens, rows_of

ORDERS = (1, 2, 3, 4)


@final
class NGramDivergence(Metric):
    """Jensen-Shannon divergence of the distributions of 1- to 4-grams, in bits: js1 … js4, from 0 to 1 (Lin 1991).

    n-grams include the begin and the end of a sequence. The finite samples alone give a divergence above 0, which the
    line of real samples shows; it is larger for fewer samples and longer n-grams.
    """

    name: ClassVar[str] = "ngram_divergence"
    scores: ClassVar[dict[str, bool | None]] = {"js1": False, "js2": False, "js3": False, "js4": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = dict.fromkeys(scores, SHARE)

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        require_tokens(self.name, data)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All symbols."""
        return [Tokens()]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the divergences; raises ValueError without samples."""
        tables = [rows_of(self.name, statistics) for statistics in (real, fake)]
        return {f"js{order}": jensen_shannon(*(n_grams(rows, order) for rows in tables)) for order in ORDERS}

    def describe(self) -> dict[str, Any]:
        """Return what n-grams are of, and the base of the logarithm."""
        return {"n_grams": "with begin and end", "base": 2}


def jensen_shannon(first: Tensor, second: Tensor) -> float:
    """Return the divergence in bits of the distributions of rows of two tables; 1 if one of them is empty."""
    if not (len(first) and len(second)):
        return 1.0
    shares = [counts.double() / counts.sum() for counts in count_common(first, second)]
    mean = sum(shares, start=torch.zeros(())) / 2
    return float(
        sum(torch.xlogy(share, share / mean).nan_to_num().sum() / 2 for share in shares) / torch.tensor(2.0).log()
    )
