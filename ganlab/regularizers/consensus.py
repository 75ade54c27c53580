import torch
from torch import Tensor

from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView


class Consensus(Regularizer):
    """Consensus optimization: ½|v|² in both losses, for the game's vector field v (Mescheder et al. 2017, eq. 8).

    v holds the gradients of both players' losses with respect to their own weights. It is that of the (micro)batch, so
    its noise adds to the penalty; a smaller batch adds more.
    """

    player = "discriminator and generator"
    reads_both_losses = True
    differentiates = True  # by the weights instead of the input; the networks need second derivatives either way

    def __init__(self, weight: float = 0.1, every: int = 1) -> None:
        super().__init__(weight, every)

    def applies_to(self, player: str) -> bool:
        """Return True: both players have the term."""
        return True

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        return torch.stack([gradient.square().sum() for gradient in view.vector_field()]).sum() / 2
