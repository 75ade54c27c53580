import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers import checks
from ganlab.layers.filters import filters


class Orthogonal(Regularizer):
    """Σ |WᵀW ⊙ (1 − I)|² over all layers: orthogonal filters of any norm (Brock et al. 2019, eq. 3).

    W has a column for each output of a layer, scaled as the layer uses it; for a spectrally normalised layer it is the
    weight before normalisation. Class embeddings are excluded, as in the authors' code: if there are more classes than
    numbers in an embedding, the embeddings cannot be orthogonal. Raises ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-4, every: int = 1, player: str = "generator") -> None:
        super().__init__(weight, every)
        self.player = checks.check_player(player)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        terms = [_overlap(weights) for layer in view.network.modules() for weights in filters(layer)]
        # The 0 is for a network without any filters.
        return torch.stack([*terms, next(view.network.parameters()).new_zeros(())]).sum()


def _overlap(weights: Tensor) -> Tensor:
    filters = tree.widen(weights.flatten(1))
    with tree.without_autocast(filters):  # half precision cannot resolve the products of almost orthogonal filters
        products = filters @ filters.T
    return products.square().sum() - products.diagonal().square().sum()
