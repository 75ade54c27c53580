from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvTransposeNd
from torch.nn.utils import parametrize

from ganlab.interfaces import Regularizer
from ganlab.round import Round

PLAYERS = ("discriminator", "generator")


class Orthogonal(Regularizer):
    """Σ |WᵀW ⊙ (1 − I)|² over all layers: filters at right angles, of any length (Brock et al. 2019, eq. 3).

    W has a column for each of a layer's outputs; of a spectrally normalised layer it is what is learnt. Raises
    ValueError for an unknown player.
    """

    def __init__(self, weight: float = 1e-4, every: int = 1, player: str = "generator") -> None:
        super().__init__(weight, every)
        if player not in PLAYERS:
            raise ValueError(f"player must be one of {', '.join(PLAYERS)}, got '{player}'")
        self.player = player  # type: ignore[misc]

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
    yield from layer.parameters(recurse=False)
    if parametrize.is_parametrized(layer):
        yield from layer.get_submodule("parametrizations").parameters()


def _overlap(weights: Tensor) -> Tensor:
    filters = weights.flatten(1).float()
    products = filters @ filters.T
    return products.square().sum() - products.diagonal().square().sum()
