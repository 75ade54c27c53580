"""Sliced Wasserstein distance: the mean Wasserstein distance of features projected onto random directions."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.progress import progress
from ganlab.core.random import Random
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

BLOCK = 32  # directions per block


@final
class SlicedWasserstein(Metric):
    """Mean over `projections` directions of the 2-Wasserstein distance of the projected features; lower is better.

    The directions are always the same, drawn uniformly from the sphere (Bonneel et al. 2015, section 3). Along each
    direction the distance is exact for any two numbers of samples. It is in the units of the features. Raises
    ValueError if `projections` is below 1.
    """

    name: ClassVar[str] = "sliced_wasserstein"
    scores: ClassVar[dict[str, bool | None]] = {"sliced_wasserstein": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"sliced_wasserstein": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None, projections: int = 256) -> None:
        super().__init__(features, data)
        if projections < 1:
            raise ValueError(f"metric.sliced_wasserstein.projections must be at least 1, got {projections}")
        self.projections = projections

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `sliced_wasserstein`; raises ValueError without real or generated samples."""
        real_rows, fake_rows = real.rows("features").double(), fake.rows("features").double()
        if not (len(real_rows) and len(fake_rows)):
            raise ValueError(
                f"sliced_wasserstein needs at least 1 real and 1 generated sample, "
                f"got {len(real_rows)} and {len(fake_rows)}"
            )
        directions = Random().normal("directions", (self.projections, real_rows.shape[1])).double()
        directions /= directions.norm(dim=1, keepdim=True)
        blocks = progress(directions.split(BLOCK), self.name, "block")
        distances = torch.cat([line_distances(real_rows @ block.T, fake_rows @ block.T) for block in blocks])
        return {"sliced_wasserstein": float(distances.mean())}

    def describe(self) -> dict[str, Any]:
        """Return the number of directions."""
        return {"projections": self.projections}


def line_distances(first: Tensor, second: Tensor) -> Tensor:
    """Return the 2-Wasserstein distances (k,) between the columns of (n, k) and (m, k), from their quantiles."""
    n, m = len(first), len(second)
    # Both quantile functions are constant between multiples of 1/n and of 1/m, which are integers in units of 1/(nm).
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    widths = ends.diff(prepend=ends.new_zeros(1)) / (n * m)
    gaps = first.sort(0).values[(ends - 1) // m] - second.sort(0).values[(ends - 1) // n]
    return (widths.to(gaps.dtype) @ gaps.square()).sqrt()
