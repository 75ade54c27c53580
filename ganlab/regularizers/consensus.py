import torch
from torch import Tensor

from ganlab.interfaces import Regularizer
from ganlab.round import Round


class Consensus(Regularizer):
    """½|v|², v both players' gradients by their own weights, in both losses (Mescheder et al. 2017, eq. 8).

    v is that of the (micro)batch, whose noise adds to the penalty: the more so, the smaller it is.
    """

    player = "discriminator and generator"
    reads_both_losses = True
    differentiates = True  # by weights instead of inputs, with the same demands on the networks

    def __init__(self, weight: float = 0.1, every: int = 1) -> None:
        super().__init__(weight, every)

    def concerns(self, player: str) -> bool:
        """Belong to both."""
        return True

    def penalty(self, round: Round) -> Tensor:
        """Return the penalty, a scalar."""
        return torch.stack([gradient.square().sum() for gradient in round.vector_field()]).sum() / 2
