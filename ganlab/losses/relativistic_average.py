from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from ganlab.core.interfaces import AdversarialLoss


class RelativisticAverage(AdversarialLoss):
    """RaGAN: compares each sample with the mean logit of the opposite kind in this (micro)batch.

    Jolicoeur-Martineau 2019 (RaSGAN), eqs. 13 to 15. No constant factors.
    """

    relativistic: ClassVar[bool] = True
    boundary: ClassVar[float | None] = None

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return −log σ(D(x) − E D(G(z))) − log(1 − σ(D(G(z)) − E D(x)))."""
        return softplus(fake.mean(0) - real) + softplus(fake - real.mean(0))

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return D's loss with real and fake exchanged; raises ValueError without real logits."""
        if real is None:
            raise ValueError("a relativistic generator loss needs the logits of real samples, got none")
        return self.discriminator(fake, real)
