"""The layers of a network in the order in which a sample passes them, for any network."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from torch import nn

from ganlab.core.interfaces import OrdersLayers
from ganlab.layers.weight_groups import NORMS

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
Layer = tuple[nn.Module, ...]  # the modules that make up one layer, such as a convolution and its normalisation


def layers_of(network: nn.Module) -> list[Layer]:
    """Return the layers that have trained weights, from the input on.

    A layer is a convolution, a dense layer, a residual block or another module of the network; a normalisation belongs
    to the layer before it. The order is that of `OrdersLayers`, if the network has it, else that of its modules.
    """
    if isinstance(network, OrdersLayers):
        return [tuple(layer) for layer in network.ordered_layers()]
    return _group(_flatten(network.children()))


def parallel_layers(networks: Sequence[nn.Module]) -> list[Layer]:
    """Return the layers of networks that receive the same samples: the first ones of all are one layer, and so on."""
    columns = [layers_of(network) for network in networks]
    return [tuple(module for layer in row for module in layer) for row in zip_longest(*columns, fillvalue=())]


def _flatten(modules: Iterator[nn.Module]) -> Iterator[nn.Module]:
    for module in modules:
        if isinstance(module, CONTAINERS):
            yield from _flatten(module.children())
        elif any(weight.requires_grad for weight in module.parameters()):
            yield module


def _group(modules: Iterator[nn.Module]) -> list[Layer]:
    layers: list[Layer] = []
    for module in modules:
        if layers and isinstance(module, NORMS):
            layers[-1] = (*layers[-1], module)
        else:
            layers.append((module,))
    return layers
