"""Weight decay and weight clipping."""

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers import checks


class L1(Regularizer):
    """The sum of the absolute weights of a player, including biases and normalisation.

    Raises ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-5, every: int = 1, player: str = "discriminator") -> None:
        super().__init__(weight, every)
        self.player = checks.check_player(player)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        return torch.stack([weights.abs().sum() for weights in view.network.parameters()]).sum()


class L2(Regularizer):
    """Half the sum of the squared weights of a player, so `weight` is the weight decay of plain SGD.

    Raises ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-4, every: int = 1, player: str = "discriminator") -> None:
        super().__init__(weight, every)
        self.player = checks.check_player(player)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        return torch.stack([weights.square().sum() for weights in view.network.parameters()]).sum() / 2


class WeightClip(Regularizer):
    """WGAN's weight clipping: clips the critic's weights to [−weight, weight] after each update.

    Arjovsky et al. 2017, algorithm 1. Raises ValueError if `weight` is not positive.
    """

    player = "discriminator"

    def __init__(self, weight: float = 0.01, every: int = 1) -> None:
        super().__init__(weight, every)
        if not weight > 0:
            raise ValueError(f"weight, the bound of the discriminator's weights, must be above 0, got {weight}")

    def penalty(self, view: BatchView) -> Tensor:
        """Return 0: clipping changes the weights, not the loss."""
        return tree.first(view.real).new_zeros(())  # on the same device as the other terms

    @torch.no_grad()
    def after_update(self, network: nn.Module) -> None:
        """Clip the weights that are updated."""
        for weights in network.parameters():
            if weights.requires_grad:
                weights.clamp_(-self.weight, self.weight)
