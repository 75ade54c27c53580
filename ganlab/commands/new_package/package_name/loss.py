"""An adversarial loss."""

from ganlab import AdversarialLoss
from torch import Tensor
from torch.nn.functional import softplus


class SoftHinge(AdversarialLoss):
    """The hinge loss with a smooth corner: softplus(1 - D(x)) + softplus(1 + D(G(z)))."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return one value per pair of logits."""
        return softplus(1 - real) + softplus(1 + fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return one value per logit."""
        return -fake
