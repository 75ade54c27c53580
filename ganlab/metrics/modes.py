"""Mode coverage of mixtures whose truth is known."""

from typing import ClassVar, Protocol, final

import torch
from torch import Tensor

from ganlab.metrics.features import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, Sums, Unsuitable


class Mixture(Source, Protocol):
    """A data set that is an even mixture of round Gaussians."""

    @property
    def modes(self) -> Tensor:
        """The means, shape (k, dimensions), in the data's own coordinates."""

    @property
    def sigma(self) -> float:
        """The standard deviation of each mode along each axis."""


@final
class Modes(Metric):
    """How a generator covers a known mixture (Srivastava et al. 2017, section 4.1; Lin et al. 2018, section 4.1).

    `high_quality` is the share of samples within three σ of their nearest mode, `modes` the number of modes with at
    least one such sample, `reverse_kl` the divergence, in nats, of all samples' nearest modes from the even
    distribution (0 is best). Raises ValueError for data without modes, features that are
    not the points themselves, and σ not above 0.
    """

    name: ClassVar[str] = "modes"
    needs_real: ClassVar[bool] = False
    higher_is_better: ClassVar[bool] = True

    def __init__(self, features: Features, data: Mixture) -> None:
        modes = getattr(data, "modes", None)  # the command line pairs this metric with any data set
        if modes is None:
            raise Unsuitable(
                "metric=modes needs data whose modes are known; choose a mixture, or drop modes from metric"
            )
        self.centres, self.sigma = modes.double(), float(data.sigma)
        super().__init__(features, data)
        if self.sigma <= 0:
            raise ValueError(f"the mixture's sigma must be positive, got {self.sigma}")
        count = len(self.centres)
        self._sums = Sums(nearest=(count,), good=(count,))

    def check(self, features: Features) -> None:
        """Raise ValueError where the features are not the points themselves."""
        if features.name != "identity" or features.width != self.centres.shape[1]:
            raise Unsuitable(
                f"metric=modes reads points of {self.centres.shape[1]} dimensions, but features={features.name} "
                f"gives {features.width} numbers a sample; choose features=identity and the mixture's own data"
            )

    def update(self, features: FeatureBatch, real: bool) -> None:
        """Add a batch of generated points; real ones do not count."""
        if real:
            return
        points = features.features.double()
        centres, count = self.centres.to(points.device), len(self.centres)
        # cdist's fast route for many points cancels digits
        distance, nearest = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist").min(1)
        good = nearest[distance <= 3 * self.sigma]
        self._sums.to(points.device).update(
            nearest=torch.bincount(nearest, minlength=count), good=torch.bincount(good, minlength=count)
        )

    def compute(self) -> dict[str, float]:
        """Return `modes`, `high_quality` and `reverse_kl`; raises ValueError without samples."""
        sums = self._sums.result()
        total = sums["nearest"].sum()
        if total < 1:
            raise ValueError("modes needs at least 1 generated sample, got 0")
        share = sums["nearest"] / total
        return {
            "modes": float((sums["good"] > 0).sum()),
            "high_quality": float(sums["good"].sum() / total),
            "reverse_kl": float(torch.xlogy(share, share * len(share)).sum()),
        }

    def reset(self) -> None:
        """Forget all samples."""
        self._sums.reset()
