from torch import Tensor
from torch.nn.functional import relu

from ganlab.core.interfaces import AdversarialLoss


class Hinge(AdversarialLoss):
    """The hinge loss of the geometric GAN: D has a margin of 1 on each side, G maximises D.

    Lim & Ye 2017; Miyato et al. 2018 (SNGAN), eqs. 16 and 17. No constant factors.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return max(0, 1 − D(x)) + max(0, 1 + D(G(z)))."""
        return relu(1 - real) + relu(1 + fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −D(G(z))."""
        return -fake
