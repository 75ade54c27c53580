"""Fréchet distance between Gaussians fitted to real and to generated features."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor
from torchmetrics.image.fid import FrechetInceptionDistance

from ganlab.core import private_api
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import Moments, SampleStatistics, Statistic, StatisticValues
from ganlab.metrics.torchmetrics_adapter.given_features import GivenFeatures


class Gaussian(NamedTuple):
    """Mean (d,) and covariance (d, d), float64."""

    mean: Tensor
    covariance: Tensor


@final
class FID(Metric):
    """Fréchet distance of feature means and covariances, in float64 (Heusel et al. 2017, eq. 6); lower is better.

    It is torchmetrics' FrechetInceptionDistance, whose sums are gathered once for all metrics of the feature space.
    The name FID usually implies Inception features; here any feature space is allowed, and the score's protocol names
    it. With N generated samples FID is biased upwards by a term of about 1/N.
    """

    name: ClassVar[str] = "fid"
    scores: ClassVar[dict[str, bool | None]] = {"fid": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"fid": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self.moments = Moments("features", features.width)
        self.needed_real_samples = features.width + 1  # for a covariance of full rank
        self.distance = ReferenceDistance(self.name)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Mean and covariance."""
        return [self.moments]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `fid`; raises ValueError for fewer than two real or generated samples."""
        return {"fid": self.distance(real[self.moments], fake[self.moments])}


@final
class FrechetDistance(FrechetInceptionDistance):
    """torchmetrics' FID of two `Moments`, with a solver for symmetric matrices, which is faster and as exact.

    `root` is `covariance_root` of the real samples' covariance, if it is known.
    """

    def __init__(self, real: StatisticValues, fake: StatisticValues, root: Tensor | None = None) -> None:
        super().__init__(feature=GivenFeatures(len(real["total"])), sync_on_compute=False)  # only rank 0 computes
        self._root = root
        for kind, moments in (("real", real), ("fake", fake)):
            setattr(self, f"{kind}_features_sum", moments["total"])
            setattr(self, f"{kind}_features_cov_sum", moments["products"])
            setattr(self, f"{kind}_features_num_samples", moments["count"].long())
        self.orig_dtype = torch.float64
        private_api.mark_metric_updated(self)

    def compute(self) -> Tensor:
        """Return the distance."""
        real, fake = (
            gaussian(
                {
                    "total": getattr(self, f"{kind}_features_sum"),
                    "products": getattr(self, f"{kind}_features_cov_sum"),
                    "count": getattr(self, f"{kind}_features_num_samples").double(),
                }
            )
            for kind in ("real", "fake")
        )
        return frechet_distance(*real, *fake, self._root)


@final
class ReferenceDistance:
    """Fréchet distances of `Moments` to those of real samples, of which the latest are remembered.

    Generated samples of all steps, the floor and the baselines have one reference. With fewer real samples than
    features, the root of its covariance takes most of the time.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._latest: tuple[Tensor, Tensor] | None = None  # the products of the real features, and the root

    def __call__(self, real: StatisticValues, fake: StatisticValues) -> float:
        """Return the distance; raises ValueError, naming the metric, for fewer than two samples on either side."""
        counts = int(real["count"]), int(fake["count"])
        if min(counts) < 2:
            raise ValueError(
                f"{self.name} needs at least 2 real and 2 generated samples, got {counts[0]} and {counts[1]}"
            )
        if self._latest is None or self._latest[0] is not real["products"]:
            self._latest = real["products"], covariance_root(gaussian(real).covariance)
        return float(FrechetDistance(real, fake, self._latest[1]).compute())


def gaussian_distance(name: str, real: StatisticValues, fake: StatisticValues) -> float:
    """Return the Fréchet distance of two `Moments`; raises ValueError, naming the metric, for fewer than two rows."""
    return ReferenceDistance(name)(real, fake)


def gaussian(moments: StatisticValues) -> Gaussian:
    """Return mean and unbiased covariance from the sums of `Moments`."""
    count = moments["count"]
    mean = moments["total"] / count
    return Gaussian(mean, (moments["products"] - count * torch.outer(mean, mean)) / (count - 1))


def frechet_distance(
    mean1: Tensor, covariance1: Tensor, mean2: Tensor, covariance2: Tensor, root1: Tensor | None = None
) -> Tensor:
    """Return |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), a scalar (Dowson & Landau 1982, eq. 16).

    Σ₁ Σ₂ has the eigenvalues of the symmetric matrix Hᵀ Σ₂ H, whose solver is faster and returns real numbers. Pass
    H = `covariance_root(covariance1)` as `root1` to compute it only once for several distances.
    """
    root = covariance_root(covariance1) if root1 is None else root1
    overlap = torch.linalg.eigvalsh(root.T @ covariance2 @ root).clamp(min=0).sqrt().sum()
    distance = (mean1 - mean2).square().sum() + covariance1.trace() + covariance2.trace() - 2 * overlap
    return distance.clamp(min=0)  # negative only by rounding


def covariance_root(covariance: Tensor) -> Tensor:
    """Return H with H Hᵀ = Σ: the Cholesky factor, or from eigenvectors if Σ is singular (fewer samples than features).

    At 2048 features on one core the factor takes 0.1 s, the eigenvectors 1.4 s.
    """
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if not failed:
        return factor
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp(min=0).sqrt()


def rows_distance(real: Tensor, fake: Tensor) -> float:
    """Return the Fréchet distance of the Gaussians of two sets of rows, (n, d) and (m, d), with at least two rows each.

    With the centred rows A and B, divided by √(n − 1) and √(m − 1), tr (Σ₁ Σ₂)^½ is the sum of the singular values of
    A Bᵀ, at most min(n, m) of them. Triangular QR factors replace A and B, which is faster if n or m exceeds d.
    """
    real, fake = real.double(), fake.double()
    means = real.mean(0), fake.mean(0)
    first, second = (
        torch.linalg.qr((rows - mean) / (len(rows) - 1) ** 0.5, mode="r").R
        for rows, mean in zip((real, fake), means, strict=True)
    )
    overlap = torch.linalg.svdvals(first @ second.T).sum()
    distance = (means[0] - means[1]).square().sum() + first.square().sum() + second.square().sum() - 2 * overlap
    return float(distance.clamp(min=0))
