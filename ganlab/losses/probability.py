"""The losses of Goodfellow et al. 2014 for a critic whose output is the probability itself.

In float32 a fake whose probability is nearer to 1 than 6e-8, at logits above 8.3 / beta, counts as certain and gives no
gradient to anyone. The same losses of logits, loss=minimax and loss=non_saturating, have no such end.
"""

from typing import ClassVar

import torch
from torch import Tensor

from ganlab.core.interfaces import AdversarialLoss


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
    # A saturated tanh gives exactly 0 and 1; cut off before the logarithm, for its slope at 0 would poison the weights.
    return probability.clamp_min(torch.finfo(probability.dtype).tiny).log()
