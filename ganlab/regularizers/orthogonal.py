import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers import checks
from ganlab.layers.filters import filters


class Orthogonal(Regularizer):
    """Σ |WᵀW ⊙ (1 − I)|² over all layers: filters at right angles, of any length (Brock et al. 2019, eq. 3).

    W has a column for each of a layer's outputs, scaled as the layer uses it; of a spectrally normalised layer it is
    what is learnt. The vectors of classes are left out, as in the authors' program: more of them than classes cannot be
    at right angles. Raises ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-4, every: int = 1, player: str = "generator") -> None:
        super().__init__(weight, every)
        self.player = checks.player(player)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        terms = [_overlap(weights) for layer in view.network.modules() for weights in filters(layer)]
        # A network may have no layer with an angle between its filters.
        return torch.stack([*terms, next(view.network.parameters()).new_zeros(())]).sum()


def _overlap(weights: Tensor) -> Tensor:
    filters = tree.widen(weights.flatten(1))
    with tree.exact(filters):  # what is left of small angles is less than half precision shows
        products = filters @ filters.T
    return products.square().sum() - products.diagonal().square().sum()
