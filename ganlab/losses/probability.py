"""The losses of Goodfellow et al. 2014 for a discriminator whose output is a probability instead of a logit.

In float32, a fake sample with a probability closer to 1 than 6e-8 (a logit above 8.3 / beta) has a probability of
exactly 1 and gives neither player a gradient. The losses of logits, loss=minimax and loss=non_saturating, do not have
this limit.
"""

from typing import ClassVar

import torch
from torch import Tensor

from ganlab.core.interfaces import AdversarialLoss


class MinimaxProbability(AdversarialLoss):
    """The original zero-sum loss of probabilities, for discriminator.head=tanh_probability (eq. 1)."""

    reads: ClassVar[str] = "probability"
    boundary: ClassVar[float | None] = 0.5

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log p(x) − log(1 − p(G(z)))."""
        return -_log(real) - _log(1 - fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return log(1 − p(G(z)))."""
        return _log(1 - fake)


class NonSaturatingProbability(AdversarialLoss):
    """The non-saturating loss of probabilities, for discriminator.head=tanh_probability (eq. 1, end of section 3)."""

    reads: ClassVar[str] = "probability"
    boundary: ClassVar[float | None] = 0.5

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log p(x) − log(1 − p(G(z)))."""
        return -_log(real) - _log(1 - fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −log p(G(z))."""
        return -_log(fake)


def _log(probability: Tensor) -> Tensor:
    # A saturated tanh gives exactly 0 or 1. Clamp before the logarithm, whose infinite slope at 0 gives NaN weights.
    return probability.clamp_min(torch.finfo(probability.dtype).tiny).log()
