"""Kernel distance between real and generated features, with an unbiased estimate."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, final

import numpy as np
import torch
from torch import Tensor
from torchmetrics.image.kid import KernelInceptionDistance

from ganlab.core import private_api
from ganlab.core.progress import progress
from ganlab.core.random import Random
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic
from ganlab.metrics.torchmetrics_adapter.given_features import GivenFeatures

Rows: TypeAlias = np.ndarray
SEED = 2020  # the same as in torch-fidelity
BLOCKS = 10


@final
class KID(Metric):
    """Squared maximum mean discrepancy under the kernel (xᵀy/d + 1)³ (Binkowski et al. 2018); lower is better.

    `kid` is the mean of the unbiased estimate over `subsets` random subsets of `subset_size` real and as many generated
    samples, or of as many as the smaller sample set has: the same numbers as torch-fidelity, in its float32. It may be
    negative if the distributions are alike. `kid_standard_error` is the standard error of the estimates on up to ten
    disjoint blocks; overlapping subsets would underestimate it. If the distributions are alike, it is too large by a
    factor of about two. Raises ValueError if a setting is below its bound.
    """

    name: ClassVar[str] = "kid"
    scores: ClassVar[dict[str, bool | None]] = {"kid": False, "kid_standard_error": None}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"kid_standard_error": POSITIVE}
    needed_generated_samples = 4  # two blocks of two

    def __init__(
        self, features: Features, data: Source | None = None, subsets: int = 100, subset_size: int = 1000
    ) -> None:
        super().__init__(features, data)
        if subsets < 1:
            raise ValueError(f"metric.kid.subsets must be at least 1, got {subsets}")
        if subset_size < 2:
            raise ValueError(f"metric.kid.subset_size must be at least 2, got {subset_size}")
        self.subsets, self.subset_size = subsets, subset_size

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `kid` and `kid_standard_error`; raises ValueError for fewer than four real or generated samples."""
        real_rows, fake_rows = real.rows("features").numpy(), fake.rows("features").numpy()
        count = min(len(real_rows), len(fake_rows))
        if count < 4:
            raise ValueError(
                f"kid needs at least 4 real and 4 generated samples, got {len(real_rows)} and {len(fake_rows)}"
            )
        metric = SeededKernelDistance(real_rows, fake_rows, self.subsets, min(self.subset_size, count))
        mean, _ = metric.compute()
        blocks = [discrepancy(*pair) for pair in _blocks(fake_rows, real_rows, min(BLOCKS, count // 2))]
        error = np.std(blocks, ddof=1) / len(blocks) ** 0.5
        return {"kid": float(mean), "kid_standard_error": float(error)}

    def describe(self) -> dict[str, Any]:
        """Return the number of subsets and their size."""
        return {"subsets": self.subsets, "subset_size": self.subset_size}


@final
class SeededKernelDistance(KernelInceptionDistance):
    """torchmetrics' KernelInceptionDistance of features (n, d) and (m, d), whose subsets are those of torch-fidelity.

    Its parent draws them by torch's default random numbers, which training uses, too. For a subset of all samples the
    values are equal.
    """

    def __init__(self, real: Rows, fake: Rows, subsets: int, subset_size: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about the memory for all features
            super().__init__(
                feature=GivenFeatures(real.shape[1]), subsets=subsets, subset_size=subset_size, sync_on_compute=False
            )
        self.real_features, self.fake_features = [torch.from_numpy(real)], [torch.from_numpy(fake)]
        private_api.mark_metric_updated(self)

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of the estimates on all subsets."""
        real, fake = (torch.cat(rows).numpy() for rows in (self.real_features, self.fake_features))
        # torch-fidelity takes the generated samples first
        estimates = torch.tensor([discrepancy(*pair) for pair in self._draw_subsets(fake, real)], dtype=torch.float64)
        return estimates.mean(), estimates.std(correction=0)

    def _draw_subsets(self, first: Rows, second: Rows) -> Iterator[tuple[Rows, Rows]]:
        size = self.subset_size
        if len(first) == len(second) == size:
            yield first, second  # every subset has all samples
            return
        generator = np.random.RandomState(SEED)
        for _ in progress(range(self.subsets), "kid", "subset"):
            first_subset, second_subset = (generator.choice(len(rows), size, replace=False) for rows in (first, second))
            yield first[first_subset], second[second_subset]


def discrepancy(first: Rows, second: Rows) -> float:
    """Return the unbiased estimate between rows (n, d) and (m, d) (Gretton et al. 2012, eq. 3)."""
    n, m = len(first), len(second)
    ratio = n * (n - 1) / (m * (m - 1))
    # This order rounds float32 as torch-fidelity does; it matters in a small difference of large sums.
    within = (_off_diagonal(_kernel(first, first)) + _off_diagonal(_kernel(second, second)) * ratio) / (n * (n - 1))
    return float(within - 2 * _kernel(first, second).sum(0).sum() / (n * m))


def _kernel(first: Rows, second: Rows) -> np.ndarray:
    return (np.matmul(first, second.T) * (1 / first.shape[1]) + 1) ** 3


def _off_diagonal(kernel: np.ndarray) -> Any:
    return (kernel.sum(1) - kernel.diagonal()).sum()


def _blocks(first: Rows, second: Rows, blocks: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield disjoint blocks of both sample sets, with the rows in a random order: files are often sorted by class."""
    random = Random()
    orders = [random.uniform("blocks", (len(rows),)).argsort().numpy() for rows in (first, second)]
    yield from ((first[orders[0][number::blocks]], second[orders[1][number::blocks]]) for number in range(blocks))
