"""Groups of few weights that suffice to adapt a network: scales and shifts of normalisations, modulation by styles."""

from collections.abc import Iterator, Mapping

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ganlab.layers.class_norm import ClassNorm
from ganlab.layers.conditional import ConditionalBatchNorm
from ganlab.layers.styled import StyledConvolution, ToImage

NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm, ClassNorm, ConditionalBatchNorm)
MODULATED = (StyledConvolution, ToImage)  # their `style` maps styles to the scales of their input


def _norms(network: nn.Module) -> Iterator[nn.Module]:
    yield from (module for module in network.modules() if isinstance(module, NORMS))


def _styles(network: nn.Module) -> Iterator[nn.Module]:
    yield from (module.style for module in network.modules() if isinstance(module, MODULATED))


GROUPS = {"norms": _norms, "styles": _styles}


def weights_of_group(network: nn.Module, group: str) -> list[nn.Parameter]:
    """Return the weights of a group, which is one of GROUPS; those of class-conditional layers are among them."""
    return [weight for module in GROUPS[group](network) for weight in module.parameters()]


DESCRIPTIONS: Mapping[str, str] = {
    "norms": "normalisation with a scale and a shift",
    "styles": "modulation by styles",
}
