"""Duplicates among generated samples, the plainest sign of collapse."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import closeness, groups, nearest_other
from ganlab.metrics.statistics import Accumulator, AllValues, SampleStatistics, Statistic


@final
@dataclass(frozen=True)
class Digests(Statistic):
    """A hash of 128 bits of each sample's bytes, under the name "rows", int64 of shape (n, 2)."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The samples themselves."""
        return ("samples",)

    def accumulator(self) -> Accumulator:
        """Start with nothing."""
        return _Digesting()


@final
class Duplicates(Metric):
    """Share of generated samples that have a duplicate among the generated ones; lower is better.

    `duplicates_exact` counts samples of the same bytes. `duplicates` adds those whose nearest other generated sample is
    as close in the feature space as hardly any two real ones: no farther than the `quantile` of real samples' distances
    to their nearest other. So nothing has to be tuned to a space, and a perfect generator scores `quantile`, not 0.

    As more samples lie closer together, both sides are cut into groups of one size, that of the smaller side, and
    duplicates are looked for within groups; what is left over is not counted. Where real samples have duplicates of
    their own the distance may be 0. Raises ValueError for a quantile outside (0, 1).
    """

    name: ClassVar[str] = "duplicates"
    scores: ClassVar[dict[str, bool | None]] = {"duplicates": False, "duplicates_exact": False}

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
        """Return `duplicates` and `duplicates_exact`; raises ValueError for fewer than two samples of a side."""
        theirs, ours = real.rows("features"), fake.rows("features")
        size = min(len(theirs), len(ours))
        if size < 2:
            raise ValueError(
                f"duplicates needs at least 2 real and 2 generated samples, got {len(theirs)} and {len(ours)}"
            )
        reach = closeness(theirs, size, self.quantile)
        near = torch.cat([nearest_other(group) <= reach for group in groups(ours, size)])
        exact = torch.cat([_repeated(group) for group in groups(fake[Digests()]["rows"], size)])
        return {
            "duplicates": float((near | exact).double().mean()),
            "duplicates_exact": float(exact.double().mean()),
        }

    def describe(self) -> dict[str, Any]:
        """Return the quantile."""
        return {"quantile": self.quantile}


def _repeated(digests: Tensor) -> Tensor:
    """Mark the rows that occur more than once."""
    _, place, counts = digests.unique(dim=0, return_inverse=True, return_counts=True)
    return counts[place] > 1


@final
class _Digesting(Accumulator):
    def __init__(self) -> None:
        self.kept = AllValues("features").accumulator()  # which joins what processes have, in order

    def add(self, batch: FeatureBatch, start: int) -> None:
        assert batch.samples is not None
        digests = [blake2b(sample.tobytes(), digest_size=16).digest() for sample in batch.samples.cpu().numpy()]
        self.kept.add(
            FeatureBatch(torch.frombuffer(bytearray(b"".join(digests)), dtype=torch.int64).view(-1, 2)), start
        )

    def result(self) -> dict[str, Tensor]:
        return self.kept.result()
