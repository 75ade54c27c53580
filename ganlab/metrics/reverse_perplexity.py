"""Perplexity of real sequences under a language model of generated ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.layers.tokens import BEGIN, PADDING
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.tokens import Tokens, require_tokens, rows_of

UNPREDICTED = 2  # symbols of the alphabet that never follow: padding and begin


@final
class ReversePerplexity(Metric):
    """Perplexity per symbol of held-out sequences under a language model of the generated ones; lower is better.

    Text that lacks what real text has predicts real text badly, as does noise (Zhao et al. 2018, section 4). The model
    is an interpolated n-gram model of the given `order` (Witten & Bell 1991), which ends in the uniform distribution
    over the alphabet and the end. Raises ValueError for an order below 1.
    """

    name: ClassVar[str] = "reverse_perplexity"
    scores: ClassVar[dict[str, bool | None]] = {"reverse_perplexity": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"reverse_perplexity": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None, order: int = 4) -> None:
        super().__init__(features, data)
        require_tokens(self.name, data)
        if order < 1:
            raise ValueError(f"order must be at least 1, got {order}")
        self.order, self.size = order, data.spec.sample[1] if data else 0  # type: ignore[index]

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All symbols."""
        return [Tokens()]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `reverse_perplexity`; raises ValueError without samples."""
        generated, held_out = (rows_of(self.name, statistics) for statistics in (fake, real))
        return {"reverse_perplexity": perplexity(generated, held_out, self.order, self.size - UNPREDICTED)}

    def describe(self) -> dict[str, Any]:
        """Return the order and the smoothing of the model."""
        return {"order": self.order, "smoothing": "Witten-Bell"}


def perplexity(training: Tensor, held_out: Tensor, order: int, symbols: int) -> float:
    """Return the perplexity per symbol, the end included, of sequences (m, length) under a model of others (n, length).

    `symbols` is the number of those that may follow.
    """
    probability = torch.full((int((held_out != PADDING).sum()),), 1 / symbols, dtype=torch.float64)
    for known in range(order):  # symbols before the predicted one
        contexts, pairs = _contexts_and_pairs(training, held_out, known)
        (seen, asked), (seen_pairs, asked_pairs) = contexts, pairs
        totals = seen.bincount(minlength=int(torch.cat([seen, asked]).max()) + 1)
        counts = seen_pairs.bincount(minlength=int(torch.cat([seen_pairs, asked_pairs]).max()) + 1)
        first = torch.full_like(counts, -1).scatter(0, seen_pairs, seen)  # the context of each pair that was seen
        kinds = first[first >= 0].bincount(minlength=len(totals))[asked]
        weight = totals[asked] + kinds
        mixed = (counts[asked_pairs] + kinds * probability) / weight.clamp_min(1)
        probability = torch.where(weight > 0, mixed, probability)
    return float((-probability.log().mean()).exp())


def _contexts_and_pairs(
    training: Tensor, held_out: Tensor, known: int
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return numbers of what precedes each symbol of either table, and of both; equal for equal ones."""
    counts = [int((table != PADDING).sum()) for table in (training, held_out)]
    columns = [_columns(table, known) for table in (training, held_out)]
    numbers, places = torch.zeros(sum(counts), dtype=torch.int64), []
    for parts in zip(*columns, strict=True):
        column = torch.cat(parts)
        numbers = (numbers * (int(column.max()) + 1) + column).unique(return_inverse=True)[1]
        places.append(numbers)
    contexts = places[-2] if known else torch.zeros_like(numbers)
    return contexts.split(counts), numbers.split(counts)


def _columns(rows: Tensor, known: int) -> list[Tensor]:
    """Return the `known` symbols before each symbol of sequences, from the farthest on, and the symbol: (m,) each."""
    framed = torch.cat([torch.full((len(rows), known), BEGIN), rows], 1)
    return [framed[:, shift : shift + rows.shape[1]][rows != PADDING] for shift in range(known + 1)]
