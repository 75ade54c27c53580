"""What the layers of a network compare their inputs with."""

from functools import singledispatch

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize

from ganlab.layers.equalised import EqualisedConv2d, EqualisedEmbedding, EqualisedLinear
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.styled import StyledConvolution, ToImage


@singledispatch
def filters(layer: nn.Module) -> list[Tensor]:
    """Return a layer's own weights as it uses them, a row for each output; of normalised ones, what is learnt.

    A learnt input, such as a style generator's constant, is none, and neither are the vectors of classes: they are
    compared with nothing.
    """
    learnt = [values for name, values in layer.named_parameters(recurse=False) if name.startswith("weight")]
    if parametrize.is_parametrized(layer):
        learnt += layer.get_submodule("parametrizations").parameters()
    return [values for values in learnt if values.ndim > 1]


@filters.register(nn.Embedding)
@filters.register(ClassEmbedding)
@filters.register(EqualisedEmbedding)
@filters.register(parametrize.ParametrizationList)  # of a layer that tells of it itself
def _(layer: nn.Module) -> list[Tensor]:
    return []


@filters.register(_ConvNd)
def _(layer: _ConvNd) -> list[Tensor]:
    # Filters of different groups are compared with different inputs.
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
