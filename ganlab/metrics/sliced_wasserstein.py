"""The Wasserstein distance of features, seen along random directions."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.core.random import Random
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

BLOCK = 32  # directions at a time


@final
class SlicedWasserstein(Metric):
    """Mean over `projections` directions of the 2-Wasserstein distance of the projected features; lower is better.

    The directions are drawn once and for all, evenly from the sphere (Bonneel et al. 2015, section 3); along each of
    them the distance is exact, whatever the numbers of samples. In the features' own units. Raises ValueError for
    projections below 1.
    """

    name: ClassVar[str] = "sliced_wasserstein"
    scores: ClassVar[dict[str, bool | None]] = {"sliced_wasserstein": False}

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
        reals, fakes = real.rows("features").double(), fake.rows("features").double()
        if not (len(reals) and len(fakes)):
            raise ValueError(
                f"sliced_wasserstein needs at least 1 real and 1 generated sample, got {len(reals)} and {len(fakes)}"
            )
        directions = Random().normal("directions", (self.projections, reals.shape[1])).double()
        directions /= directions.norm(dim=1, keepdim=True)
        parts = tqdm(directions.split(BLOCK), desc=self.name, unit="block", delay=2, leave=False, disable=None)
        distances = torch.cat([line_distances(reals @ part.T, fakes @ part.T) for part in parts])
        return {"sliced_wasserstein": float(distances.mean())}

    def describe(self) -> dict[str, Any]:
        """Return the number of directions."""
        return {"projections": self.projections}


def line_distances(first: Tensor, second: Tensor) -> Tensor:
    """Return the 2-Wasserstein distances (k,) between the columns of (n, k) and (m, k), from their quantiles."""
    n, m = len(first), len(second)
    # Both quantile functions are constant between multiples of 1/n and of 1/m: in units of 1/(nm), whole numbers.
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    widths = ends.diff(prepend=ends.new_zeros(1)) / (n * m)
    gaps = first.sort(0).values[(ends - 1) // m] - second.sort(0).values[(ends - 1) // n]
    return (widths.to(gaps.dtype) @ gaps.square()).sqrt()
