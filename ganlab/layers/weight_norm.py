"""Weight normalisation of whole networks (Salimans & Kingma 2016)."""

from torch import nn
from torch.nn.utils import parametrizations

from ganlab.layers.initialisation import WEIGHTED


def normalise_weights(network: nn.Module) -> None:
    """Learn the weight of every dense and convolutional layer as a direction and a length for each output.

    Call this once, after initialising the weights, which do not change. For transposed convolutions the lengths are
    those of each input, as in PyTorch.
    """
    for module in list(network.modules()):
        if isinstance(module, WEIGHTED):
            parametrizations.weight_norm(module)
