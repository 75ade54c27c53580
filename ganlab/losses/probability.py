"""The losses of Goodfellow et al. 2014 for a critic whose output is the probability itself."""

from typing import ClassVar

from torch import Tensor

from ganlab.interfaces import AdversarialLoss

# Logarithms are cut off here, as in torch's own binary cross entropy: a saturated tanh gives exactly 0 and 1.
LOWEST_LOG = -100.0


class MinimaxProbability(AdversarialLoss):
    """The zero-sum original on probabilities, for discriminator.head=tanh_probability (eq. 1)."""

    reads: ClassVar[str] = "probability"
    boundary: ClassVar[float | None] = 0.5

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log p(x) − log(1 − p(G(z)))."""
        return -_log(real) - _log(1 - fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return log(1 − p(G(z)))."""
        return _log(1 - fake)


class NonSaturatingProbability(AdversarialLoss):
    """The non-saturating loss on probabilities, for discriminator.head=tanh_probability (eq. 1, end of section 3)."""

    reads: ClassVar[str] = "probability"
    boundary: ClassVar[float | None] = 0.5

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log p(x) − log(1 − p(G(z)))."""
        return -_log(real) - _log(1 - fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −log p(G(z))."""
        return -_log(fake)


def _log(probability: Tensor) -> Tensor:
    return probability.log().clamp_min(LOWEST_LOG)
