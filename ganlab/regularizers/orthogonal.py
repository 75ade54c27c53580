from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvTransposeNd
from torch.nn.utils import parametrize

from ganlab import tree
from ganlab.interfaces import Regularizer
from ganlab.layers import options
from ganlab.round import Round


class Orthogonal(Regularizer):
    """Σ |WᵀW ⊙ (1 − I)|² over all layers: filters at right angles, of any length (Brock et al. 2019, eq. 3).

    W has a column for each of a layer's outputs; of a spectrally normalised layer it is what is learnt. Raises
    ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-4, every: int = 1, player: str = "generator") -> None:
        super().__init__(weight, every)
        self.player = options.player(player)

    def penalty(self, round: Round) -> Tensor:
        """Return the penalty, a scalar."""
        terms = [
            _overlap(weights.transpose(0, 1) if isinstance(layer, _ConvTransposeNd) else weights)
            for layer in round.network.modules()
            if not isinstance(layer, nn.Embedding)  # its rows are no filters
            for weights in _learnt(layer)
            if weights.ndim > 1
        ]
        # A network may have no layer with an angle between its filters.
        return torch.stack([*terms, next(round.network.parameters()).new_zeros(())]).sum()


def _learnt(layer: nn.Module) -> Iterator[nn.Parameter]:
    if isinstance(layer, parametrize.ParametrizationList):  # its layer knows on which side of them the outputs are
        return
    # A learnt input, such as a style generator's constant, is none of its layer's weights.
    yield from (values for name, values in layer.named_parameters(recurse=False) if name.startswith("weight"))
    if parametrize.is_parametrized(layer):
        yield from layer.get_submodule("parametrizations").parameters()


def _overlap(weights: Tensor) -> Tensor:
    filters = tree.widen(weights.flatten(1))
    products = filters @ filters.T
    return products.square().sum() - products.diagonal().square().sum()
