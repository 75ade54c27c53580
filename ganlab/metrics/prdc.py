"""Precision, recall, density and coverage: whether real and generated features are in each other's neighbourhoods."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.progress import progress
from ganlab.core.score_range import POSITIVE, SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

BLOCK = 2000  # rows: two blocks of 2048 features and their distances take 100 MB


@final
class PRDC(Metric):
    """Shares of real and generated samples that are in a neighbourhood of the other set; higher is better.

    The ball of a sample reaches to its `neighbours`-th nearest sample of the same set, real or generated. `precision`
    is the share of generated samples in at least one real ball, `recall` the share of real samples in at least one
    generated ball (Kynkäänniemi et al. 2019, section 2). `density` is the mean number of real balls that contain a
    generated sample, divided by `neighbours`, and may exceed 1; `coverage` is the share of real balls that contain a
    generated sample (Naeem et al. 2020, section 3). The scores equal those of the authors' package prdc. Raises
    ValueError if `neighbours` is below 1.
    """

    name: ClassVar[str] = "prdc"
    scores: ClassVar[dict[str, bool | None]] = {"precision": True, "recall": True, "density": True, "coverage": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {
        "precision": SHARE,
        "recall": SHARE,
        "density": POSITIVE,
        "coverage": SHARE,
    }

    def __init__(self, features: Features, data: Source | None = None, neighbours: int = 5) -> None:
        super().__init__(features, data)
        if neighbours < 1:
            raise ValueError(f"metric.prdc.neighbours must be at least 1, got {neighbours}")
        self.neighbours = neighbours
        self.needed_generated_samples = neighbours + 1

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the four scores; raises ValueError if either set has at most `neighbours` samples."""
        real_rows, fake_rows = real.rows("features").double(), fake.rows("features").double()
        if min(len(real_rows), len(fake_rows)) <= self.neighbours:
            raise ValueError(
                f"prdc needs more than {self.neighbours} real and generated samples for {self.neighbours} neighbours, "
                f"got {len(real_rows)} and {len(fake_rows)}; lower metric.prdc.neighbours"
            )
        real_radii, fake_radii = (_radii(rows, self.neighbours) for rows in (real_rows, fake_rows))
        balls = torch.zeros(len(fake_rows), dtype=torch.int64)  # number of real balls around each generated sample
        recalled = covered = 0
        for rows in _with_progress(_blocks(real_rows), "comparing real and generated"):
            distances, radii = _distances(real_rows[rows], fake_rows), real_radii[rows]
            balls += (distances < radii[:, None]).sum(0)
            recalled += int((distances < fake_radii).any(1).sum())
            covered += int((distances.amin(1) < radii).sum())
        return {
            "precision": int((balls > 0).sum()) / len(fake_rows),
            "recall": recalled / len(real_rows),
            "density": 1 / self.neighbours * (int(balls.sum()) / len(fake_rows)),
            "coverage": covered / len(real_rows),
        }

    def describe(self) -> dict[str, Any]:
        """Return the number of neighbours."""
        return {"neighbours": self.neighbours}


def _radii(rows: Tensor, neighbours: int) -> Tensor:
    """Return the distance of each row to its `neighbours`-th nearest other row; compares each pair of blocks once."""
    nearest = torch.full((len(rows), neighbours + 1), torch.inf)  # one more, because a row is its own nearest
    for first, second in _with_progress(list(combinations_with_replacement(_blocks(rows), 2)), "finding neighbours"):
        distances = _distances(rows[first], rows[second])
        if first == second:
            distances.fill_diagonal_(0)
        else:
            nearest[second] = _merge_smallest(nearest[second], distances.T)
        nearest[first] = _merge_smallest(nearest[first], distances)
    return nearest.amax(1)


def _merge_smallest(smallest: Tensor, distances: Tensor) -> Tensor:
    """Return the k smallest values of each row among the k smallest so far (n, k) and new distances (n, m)."""
    return torch.cat([smallest, distances], 1).topk(smallest.shape[1], largest=False, sorted=False).values


def _distances(first: Tensor, second: Tensor) -> Tensor:
    """Return distances of float64 rows, rounded to float32 like those of scikit-learn, so ties stay ties."""
    squares = (first @ second.T).mul_(-2).add_(first.square().sum(1)[:, None]).add_(second.square().sum(1))
    return squares.float().clamp_(min=0).sqrt_()


def _blocks(rows: Tensor) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]


def _with_progress(blocks: Sequence[Any], description: str) -> Iterator[Any]:
    yield from progress(blocks, description, "block")
