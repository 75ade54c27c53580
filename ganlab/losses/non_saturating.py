from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from ganlab.core.interfaces import AdversarialLoss


class NonSaturating(AdversarialLoss):
    """The non-saturating loss, the usual "GAN loss": G maximises log D(G(z)), D = σ(logit).

    Goodfellow et al. 2014, eq. 1 for D and the end of section 3 for G. With `smoothing` s, the target of real samples
    is 1 − s (Salimans et al. 2016, section 3.4). No constant factors. Raises ValueError for a `smoothing` outside
    [0, 1).
    """

    reads: ClassVar[str] = "logit"

    def __init__(self, smoothing: float = 0.0, flip: float = 0.0) -> None:
        super().__init__(flip)
        if not 0 <= smoothing < 1:
            raise ValueError(f"smoothing must be at least 0 and below 1, got {smoothing}")
        self.smoothing = smoothing

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −(1 − s) log D(x) − s log(1 − D(x)) − log(1 − D(G(z)))."""
        return softplus(-real) + self.smoothing * real + softplus(fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −log D(G(z))."""
        return softplus(-fake)
