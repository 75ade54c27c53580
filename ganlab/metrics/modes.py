"""Mode coverage of Gaussian mixtures with known modes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, final

import torch
from torch import Tensor

from ganlab.core.score_range import POSITIVE, SHARE, ScoreRange
from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic


class Mixture(Source, Protocol):
    """A data set that is an equally weighted mixture of isotropic Gaussians."""

    @property
    def modes(self) -> Tensor:
        """The means, shape (k, dimensions), in the data's own coordinates."""

    @property
    def sigma(self) -> float:
        """The standard deviation of each mode along each axis."""


@final
@dataclass(frozen=True)
class ModeCounts(SumStatistic):
    """Numbers of samples by their nearest mode: all of them, and those within three σ of it."""

    centres: tuple[tuple[float, ...], ...]
    sigma: float

    @property
    def reads(self) -> tuple[str, ...]:
        """The features, which are the points themselves."""
        return ("features",)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of two counts per mode."""
        return {"nearest": (len(self.centres),), "good": (len(self.centres),)}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Count the samples of a batch."""
        points, count = batch.features.double(), len(self.centres)
        centres = torch.tensor(self.centres, dtype=torch.float64, device=points.device)
        # the matrix product that cdist uses for many points loses digits by cancellation
        distance, nearest = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist").min(1)
        good = nearest[distance <= 3 * self.sigma]
        return {
            "nearest": torch.bincount(nearest, minlength=count),
            "good": torch.bincount(good, minlength=count),
        }


@final
class Modes(Metric):
    """Coverage of a known mixture's modes (Srivastava et al. 2017, section 4.1; Lin et al. 2018, section 4.1).

    `high_quality` is the share of samples within three σ of their nearest mode, `modes` is the number of modes with at
    least one such sample, and `reverse_kl` is the KL divergence, in nats, of the distribution of nearest modes from the
    uniform one (0 is best). Raises UnsuitableMetricError for data without modes or features that are not the points
    themselves, and ValueError if σ is not above 0.
    """

    name: ClassVar[str] = "modes"
    scores: ClassVar[dict[str, bool | None]] = {"modes": True, "high_quality": True, "reverse_kl": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"modes": POSITIVE, "high_quality": SHARE, "reverse_kl": POSITIVE}
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: Mixture) -> None:
        modes = getattr(data, "modes", None)  # the command line pairs this metric with any data set
        if modes is None:
            raise UnsuitableMetricError(
                "metric=modes needs data with known modes; choose a mixture, or remove modes from metric"
            )
        self.counts = ModeCounts(tuple(map(tuple, modes.double().tolist())), float(data.sigma))
        super().__init__(features, data)
        if self.counts.sigma <= 0:
            raise ValueError(f"the mixture's sigma must be positive, got {self.counts.sigma}")

    def check(self, features: Features) -> None:
        """Raise UnsuitableMetricError if the features are not the points themselves."""
        dimensions = len(self.counts.centres[0])
        if features.name != "identity" or features.width != dimensions:
            raise UnsuitableMetricError(
                f"metric=modes reads points of {dimensions} dimensions, but features={features.name} "
                f"has {features.width} numbers per sample; choose features=identity and the mixture's own data"
            )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Counts for each mode."""
        return [self.counts]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `modes`, `high_quality` and `reverse_kl`; raises ValueError without samples."""
        sums = fake[self.counts]
        total = sums["nearest"].sum()
        if total < 1:
            raise ValueError("modes needs at least 1 generated sample, got 0")
        share = sums["nearest"] / total
        return {
            "modes": float((sums["good"] > 0).sum()),
            "high_quality": float(sums["good"].sum() / total),
            "reverse_kl": float(torch.xlogy(share, share * len(share)).sum()),
        }
