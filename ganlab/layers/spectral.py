"""Spectral normalisation of whole networks (Miyato et al. 2018)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from ganlab.core import tree
from ganlab.layers.initialisation import WEIGHTED


class _InFloat32(nn.Module):
    """Runs spectral normalisation without autocast and without torch.compile.

    In half precision, power iteration estimates the norm to only two digits. Compiled code would save the iteration's
    vectors for the backward pass, but the next forward pass changes them.
    """

    def __init__(self, normalise: nn.Module) -> None:
        super().__init__()
        self.normalise = normalise

    @torch.compiler.disable
    def forward(self, weight: Tensor) -> Tensor:
        with tree.without_autocast(weight):
            return self.normalise(weight)


def normalise_spectrally(network: nn.Module, exclude: type[nn.Module] | None = None) -> None:
    """Divide the weight of every dense and convolutional layer, except `exclude` layers, by its largest singular value.

    One power iteration per forward pass in training mode estimates that value. Call this once, after initialising the
    weights. Weights on the meta device are unchanged.
    """
    for module in list(network.modules()):
        # Configuration checks build networks on the meta device, where torch's power iteration takes a second.
        normalised = isinstance(module, WEIGHTED) and not (exclude and isinstance(module, exclude))
        if normalised and not module.weight.is_meta:
            parametrizations.spectral_norm(module)
            chain = module.get_submodule("parametrizations.weight")
            chain.register_module("0", _InFloat32(chain.get_submodule("0")))
