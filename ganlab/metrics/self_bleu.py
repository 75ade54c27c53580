"""How alike generated sequences are: self-BLEU, and the share of different ones."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, final

from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.tokens import Tokens, require_tokens, rows_of, strip

ORDERS = (1, 2, 3, 4)
EPSILON = 0.1  # that stands for no common n-gram, as in method1 of NLTK
Grams: TypeAlias = Counter[tuple[int, ...]]


@final
class SelfBLEU(Metric):
    """BLEU-4 of generated sequences against others (Zhu et al. 2018), and `unique`, the share of different ones.

    The first `hypotheses` samples are compared with the next `references`. Precisions without a common n-gram count 0.1
    (method 1 of Chen & Cherry 2014), because unsmoothed BLEU is 0 for sequences of fewer than 4 symbols. A high
    self-BLEU is a lack of diversity, a low one may be noise, so it has no direction: `self_bleu_gap` is its distance
    from that of as many real samples. Raises ValueError for a setting below 1.
    """

    name: ClassVar[str] = "self_bleu"
    scores: ClassVar[dict[str, bool | None]] = {"self_bleu": None, "self_bleu_gap": False, "unique": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"self_bleu": SHARE, "self_bleu_gap": SHARE, "unique": SHARE}

    def __init__(
        self, features: Features, data: Source | None = None, hypotheses: int = 200, references: int = 500
    ) -> None:
        super().__init__(features, data)
        require_tokens(self.name, data)
        for name, value in (("hypotheses", hypotheses), ("references", references)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.hypotheses, self.references = hypotheses, references

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All symbols."""
        return [Tokens()]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError for fewer than 2 real or generated samples."""
        generated = rows_of(self.name, fake)
        own, others = (self._self_bleu(rows) for rows in (generated, rows_of(self.name, real)))
        unique = len(set(map(tuple, generated.tolist()))) / len(generated)
        return {"self_bleu": own, "self_bleu_gap": abs(own - others), "unique": unique}

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"hypotheses": self.hypotheses, "references": self.references, "smoothing": f"method 1, {EPSILON}"}

    def _self_bleu(self, rows: Tensor) -> float:
        """Return the mean BLEU of the first rows against the next; of fewer rows, half of them each."""
        if len(rows) < 2:
            raise ValueError(f"self_bleu needs at least 2 real and 2 generated samples, got {len(rows)}")
        count = min(self.hypotheses, len(rows) // 2)
        sequences = [strip(row) for row in rows[: count + self.references].tolist()]
        references = BLEUReferences(sequences[count:])
        return sum(map(references.bleu, sequences[:count])) / count


@final
class BLEUReferences:
    """Reference sequences, against which BLEU-4 compares others (Papineni et al. 2002)."""

    def __init__(self, sequences: Iterable[Sequence[int]]) -> None:
        sequences = list(sequences)
        self._lengths = sorted({len(sequence) for sequence in sequences})
        self._most: dict[int, Grams] = {order: Counter() for order in ORDERS}
        for sequence in sequences:
            for order in ORDERS:
                self._most[order] |= _grams(sequence, order)

    def bleu(self, sequence: Sequence[int]) -> float:
        """Return the smoothed score of one sequence, from 0 to 1; 0 if it has no symbol of the references."""
        logarithms = []
        for order in ORDERS:
            grams = _grams(sequence, order)
            common = sum((grams & self._most[order]).values())
            if order == 1 and not common:
                return 0.0
            logarithms.append(math.log((common or EPSILON) / max(1, sum(grams.values()))))
        closest = min(self._lengths, key=lambda length: (abs(length - len(sequence)), length))
        brevity = min(0.0, 1 - closest / len(sequence))
        return math.exp(brevity + sum(logarithms) / len(ORDERS))


def _grams(sequence: Sequence[int], order: int) -> Grams:
    return Counter(tuple(sequence[start : start + order]) for start in range(len(sequence) - order + 1))
