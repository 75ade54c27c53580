import torch
from torch import Tensor

from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView


class Consensus(Regularizer):
    """½|v|², v both players' gradients by their own weights, in both losses (Mescheder et al. 2017, eq. 8).

    v is that of the (micro)batch, whose noise adds to the penalty: the more so, the smaller it is.
    """

    player = "discriminator and generator"
    reads_both_losses = True
    differentiates = True  # by weights instead of inputs, with the same demands on the networks

    def __init__(self, weight: float = 0.1, every: int = 1) -> None:
        super().__init__(weight, every)

    def applies_to(self, player: str) -> bool:
        """Belong to both."""
        return True

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        return torch.stack([gradient.square().sum() for gradient in view.vector_field()]).sum() / 2
