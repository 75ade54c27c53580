"""The Fréchet distance between Gaussians fitted to real and generated features."""

from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from ganlab.metrics.features import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric


@final
class FID(Metric):
    """Fréchet distance of feature means and covariances, in float64 (Heusel et al. 2017, eq. 6); lower is better.

    Its name belongs to Inception features, yet any space may be given: the score's protocol tells which. It needs two
    real and two generated samples; with fewer samples than features it is strongly biased upwards.
    """

    name: ClassVar[str] = "fid"

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self._statistics = _Statistics(features.width)

    def update(self, features: FeatureBatch, real: bool) -> None:
        """Add a batch to the statistics of its side."""
        self._statistics.to(features.features.device).update(features.features, real=real)

    def compute(self) -> dict[str, float]:
        """Return `fid`; raises ValueError for fewer than two real or generated samples."""
        return {"fid": self._statistics.compute().item()}

    def reset(self) -> None:
        """Forget all samples."""
        self._statistics.reset()


@final
class _Statistics(FrechetInceptionDistance):
    """The sums of torchmetrics, with features that were extracted before and the distance in float64."""

    def __init__(self, width: int) -> None:
        features = nn.Identity()
        features.register_buffer(
            "num_features", torch.tensor(width)
        )  # spares torchmetrics a draw from the global generator
        super().__init__(feature=features)

    def compute(self) -> Tensor:
        """Return the distance, a float64 scalar."""
        # The solver runs on the CPU, so that the score does not depend on the accelerator's library.
        count = int(self.real_features_num_samples), int(self.fake_features_num_samples)
        if min(count) < 2:
            raise ValueError(f"fid needs at least 2 real and 2 generated samples, got {count[0]} and {count[1]}")
        real = moments(self.real_features_sum.cpu(), self.real_features_cov_sum.cpu(), count[0])
        fake = moments(self.fake_features_sum.cpu(), self.fake_features_cov_sum.cpu(), count[1])
        return frechet_distance(*real, *fake)


def moments(total: Tensor, products: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return mean (d,) and unbiased covariance (d, d) from the sum of features and of their outer products."""
    mean = total / count
    return mean, (products - count * torch.outer(mean, mean)) / (count - 1)


def frechet_distance(mean1: Tensor, covariance1: Tensor, mean2: Tensor, covariance2: Tensor) -> Tensor:
    """Return |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), a scalar (Dowson and Landau 1982, eq. 16).

    Σ₁ Σ₂ has the eigenvalues of the symmetric Σ₁^½ Σ₂ Σ₁^½, whose solver is faster and never leaves the real numbers.
    """
    values, vectors = torch.linalg.eigh(covariance1)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ covariance2 @ root).clamp(min=0).sqrt().sum()
    distance = (mean1 - mean2).square().sum() + covariance1.trace() + covariance2.trace() - 2 * overlap
    return distance.clamp(min=0)  # below zero there is only rounding
