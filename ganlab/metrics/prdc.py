"""Precision, recall, density and coverage: whether real and generated features lie in each other's neighbourhoods."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

BLOCK = 2000  # rows: with 2048 features two blocks and their distances take 100 MB


@final
class PRDC(Metric):
    """Shares of samples within reach of the other side's; higher is better.

    A sample's ball reaches to its `neighbours`-th nearest of its own side. `precision` is the share of generated
    samples in any real ball, `recall` that of real samples in any generated ball (Kynkäänniemi et al. 2019, section 2);
    `density` is the mean number of real balls around a generated sample over `neighbours`, which may exceed 1, and
    `coverage` the share of real balls with a generated sample (Naeem et al. 2020, section 3). The numbers are those of
    the authors' package prdc. Raises ValueError for neighbours below 1.
    """

    name: ClassVar[str] = "prdc"
    scores: ClassVar[dict[str, bool | None]] = {"precision": True, "recall": True, "density": True, "coverage": True}

    def __init__(self, features: Features, data: Source | None = None, neighbours: int = 5) -> None:
        super().__init__(features, data)
        if neighbours < 1:
            raise ValueError(f"metric.prdc.neighbours must be at least 1, got {neighbours}")
        self.neighbours = neighbours

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the four scores; raises ValueError where a side has no more samples than neighbours."""
        reals, fakes = real.rows("features").double(), fake.rows("features").double()
        if min(len(reals), len(fakes)) <= self.neighbours:
            raise ValueError(
                f"prdc needs more than {self.neighbours} real and generated samples for as many neighbours, "
                f"got {len(reals)} and {len(fakes)}; lower metric.prdc.neighbours"
            )
        real_radii, fake_radii = (_radii(rows, self.neighbours) for rows in (reals, fakes))
        around = torch.zeros(len(fakes), dtype=torch.int64)  # real balls around each generated sample
        recalled = covered = 0
        for rows in _watched(_blocks(reals), "comparing real and generated"):
            distances, radii = _distances(reals[rows], fakes), real_radii[rows]
            around += (distances < radii[:, None]).sum(0)
            recalled += int((distances < fake_radii).any(1).sum())
            covered += int((distances.amin(1) < radii).sum())
        return {
            "precision": int((around > 0).sum()) / len(fakes),
            "recall": recalled / len(reals),
            "density": 1 / self.neighbours * (int(around.sum()) / len(fakes)),
            "coverage": covered / len(reals),
        }

    def describe(self) -> dict[str, Any]:
        """Return the number of neighbours."""
        return {"neighbours": self.neighbours}


def _radii(rows: Tensor, neighbours: int) -> Tensor:
    """Return each row's distance to its nearest neighbour of that number; each pair of blocks is compared once."""
    nearest = torch.full((len(rows), neighbours + 1), torch.inf)  # and one more: a row is its own nearest
    for first, second in _watched(list(combinations_with_replacement(_blocks(rows), 2)), "finding neighbours"):
        distances = _distances(rows[first], rows[second])
        if first == second:
            distances.fill_diagonal_(0)
        else:
            nearest[second] = _smallest(nearest[second], distances.T)
        nearest[first] = _smallest(nearest[first], distances)
    return nearest.amax(1)


def _smallest(known: Tensor, distances: Tensor) -> Tensor:
    return torch.cat([known, distances], 1).topk(known.shape[1], largest=False, sorted=False).values


def _distances(first: Tensor, second: Tensor) -> Tensor:
    """Return distances of float64 rows, rounded as scikit-learn rounds those of float32 rows: ties must stay ties."""
    squares = (first @ second.T).mul_(-2).add_(first.square().sum(1)[:, None]).add_(second.square().sum(1))
    return squares.float().clamp_(min=0).sqrt_()


def _blocks(rows: Tensor) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]


def _watched(blocks: Sequence[Any], work: str) -> Iterator[Any]:
    yield from tqdm(blocks, desc=work, unit="block", delay=2, leave=False, disable=None)
