"""Spectral normalisation of whole networks (Miyato et al. 2018)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from ganlab.core import tree
from ganlab.layers.initialisation import WEIGHTED


class _InFloat32(nn.Module):
    """Keeps autocast out: a power iteration in half precision estimates the norm to two digits.

    And the compiler: it would save the iteration's own vectors for the backward pass, which the next pass changes.
    """

    def __init__(self, normalise: nn.Module) -> None:
        super().__init__()
        self.normalise = normalise

    @torch.compiler.disable
    def forward(self, weight: Tensor) -> Tensor:
        with tree.exact(weight):
            return self.normalise(weight)


def normalise_spectrally(network: nn.Module, spared: type[nn.Module] | None = None) -> None:
    """Divide the weight of every dense and convolutional layer, but of `spared` kind, by its largest singular value.

    The value is estimated by one power iteration at each forward pass in training mode. To be called once, after the
    weights are initialised. Weights without memory are left as they are.
    """
    for module in list(network.modules()):
        # A check of a configuration has only these, and torch takes a second to iterate on what is not there.
        normalised = isinstance(module, WEIGHTED) and not (spared and isinstance(module, spared))
        if normalised and not module.weight.is_meta:
            parametrizations.spectral_norm(module)
            chain = module.get_submodule("parametrizations.weight")
            chain.register_module("0", _InFloat32(chain.get_submodule("0")))
