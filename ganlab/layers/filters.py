"""Filters: the weights of a layer as a matrix with one row per output."""

from functools import singledispatch

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize

from ganlab.layers.equalised import EqualisedConv2d, EqualisedEmbedding, EqualisedLinear
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.styled import StyledConvolution, ToImage


@singledispatch
def filters(layer: nn.Module) -> list[Tensor]:
    """Return the weights of a layer, excluding its submodules, with one row per output, scaled as the layer uses them.

    For a spectrally normalised layer these are the learnt weights before normalisation. Learnt inputs, such as a style
    generator's constant, and class embeddings are not filters, because no input is multiplied by them.
    """
    learnt = [values for name, values in layer.named_parameters(recurse=False) if name.startswith("weight")]
    if parametrize.is_parametrized(layer):
        learnt += layer.get_submodule("parametrizations").parameters()
    return [values for values in learnt if values.ndim > 1]


@filters.register(nn.Embedding)
@filters.register(ClassEmbedding)
@filters.register(EqualisedEmbedding)
@filters.register(parametrize.ParametrizationList)  # its layer returns these weights
def _(layer: nn.Module) -> list[Tensor]:
    return []


@filters.register(_ConvNd)
def _(layer: _ConvNd) -> list[Tensor]:
    # Filters of different groups read different inputs.
    return [group for values in filters.dispatch(nn.Module)(layer) for group in values.chunk(layer.groups)]


@filters.register(_ConvTransposeNd)
def _(layer: _ConvTransposeNd) -> list[Tensor]:
    groups = [group for values in filters.dispatch(nn.Module)(layer) for group in values.chunk(layer.groups)]
    return [group.transpose(0, 1) for group in groups]


@filters.register(EqualisedLinear)
@filters.register(EqualisedConv2d)
@filters.register(StyledConvolution)
@filters.register(ToImage)
def _(layer: EqualisedLinear | EqualisedConv2d | StyledConvolution | ToImage) -> list[Tensor]:
    return [layer.weight * layer.scale]
