from typing import ClassVar

from torch import Tensor

from ganlab.core.interfaces import AdversarialLoss


class Wasserstein(AdversarialLoss):
    """The WGAN loss: an estimate of the Wasserstein-1 distance if the critic is 1-Lipschitz.

    Arjovsky et al. 2017, eq. 3. Use it with weight_clip, gradient_penalty or spectral normalisation.
    """

    boundary: ClassVar[float | None] = None

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return D(G(z)) − D(x)."""
        return fake - real

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −D(G(z))."""
        return -fake
