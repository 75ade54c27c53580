from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from ganlab.core.interfaces import AdversarialLoss


class RelativisticPairing(AdversarialLoss):
    """RpGAN: compares each fake sample with one real sample.

    Jolicoeur-Martineau 2019 (RSGAN, eqs. 7 and 8); Huang et al. 2024 (R3GAN, eq. 2, f(t) = −log(1 + e^−t)).
    """

    relativistic: ClassVar[bool] = True
    boundary: ClassVar[float | None] = None

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log σ(D(x) − D(G(z)))."""
        return softplus(fake - real)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return −log σ(D(G(z)) − D(x)); raises ValueError without real logits."""
        if real is None:
            raise ValueError("a relativistic generator loss needs the logits of real samples, got none")
        return softplus(real - fake)
