"""Share of duplicates among generated samples, a direct sign of mode collapse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import duplicate_distance, nearest_other, split_groups
from ganlab.metrics.statistics import Accumulator, AllValues, SampleStatistics, Statistic


@final
@dataclass(frozen=True)
class Digests(Statistic):
    """A 128-bit hash of each sample's bytes, as "rows": int64 of shape (n, 2)."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The samples themselves."""
        return ("samples",)

    def accumulator(self) -> Accumulator:
        """Return an accumulator without rows."""
        return _DigestAccumulator()


@final
class Duplicates(Metric):
    """Share of generated samples that have a duplicate among the generated samples; lower is better.

    `duplicates_exact` counts samples with equal bytes. `duplicates` adds those whose distance to the nearest other
    generated sample, in the feature space, is at most the `quantile` of the same distances among real samples. So no
    threshold has to be tuned for a feature space, and a perfect generator scores `quantile`, not 0.

    More samples lie closer together, so both sample sets are split into groups of the size of the smaller set, and
    duplicates are searched within groups; the remainder is not counted. If the real samples contain duplicates, the
    threshold may be 0. Raises ValueError if the quantile is outside (0, 1).
    """

    name: ClassVar[str] = "duplicates"
    scores: ClassVar[dict[str, bool | None]] = {"duplicates": False, "duplicates_exact": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"duplicates": SHARE, "duplicates_exact": SHARE}

    def __init__(self, features: Features, data: Source | None = None, quantile: float = 0.001) -> None:
        super().__init__(features, data)
        if not 0 < quantile < 1:
            raise ValueError(f"metric.duplicates.quantile must be above 0 and below 1, got {quantile}")
        self.quantile = quantile

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features, and the hashes of all samples."""
        return [AllValues("features"), Digests()]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `duplicates` and `duplicates_exact`; raises ValueError for fewer than 2 real or generated samples."""
        real_rows, fake_rows = real.rows("features"), fake.rows("features")
        size = min(len(real_rows), len(fake_rows))
        if size < 2:
            raise ValueError(
                f"duplicates needs at least 2 real and 2 generated samples, got {len(real_rows)} and {len(fake_rows)}"
            )
        threshold = duplicate_distance(real_rows, size, self.quantile)
        near = torch.cat([nearest_other(group) <= threshold for group in split_groups(fake_rows, size)])
        exact = torch.cat([_is_repeated(group) for group in split_groups(fake[Digests()]["rows"], size)])
        return {
            "duplicates": float((near | exact).double().mean()),
            "duplicates_exact": float(exact.double().mean()),
        }

    def describe(self) -> dict[str, Any]:
        """Return the quantile."""
        return {"quantile": self.quantile}


def _is_repeated(digests: Tensor) -> Tensor:
    """Return a mask of the rows that occur more than once."""
    _, places, counts = digests.unique(dim=0, return_inverse=True, return_counts=True)
    return counts[places] > 1


@final
class _DigestAccumulator(Accumulator):
    def __init__(self) -> None:
        self.rows = AllValues("features").accumulator()  # gathers the digests over processes, in order

    def add(self, batch: FeatureBatch, start: int) -> None:
        assert batch.samples is not None
        digests = [blake2b(sample.tobytes(), digest_size=16).digest() for sample in batch.samples.cpu().numpy()]
        rows = torch.frombuffer(bytearray(b"".join(digests)), dtype=torch.int64).view(-1, 2)
        self.rows.add(FeatureBatch(rows), start)

    def result(self) -> dict[str, Tensor]:
        return self.rows.result()
