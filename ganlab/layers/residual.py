"""The residual blocks of SNGAN (Miyato et al. 2018, figure 8), with the weights their code starts from.

A 1×1 convolution and a change of resolution commute; shortcuts do the cheaper one of the two orders. A 3×3 convolution
and the change beside it are one (`resized.py`).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from torch import Tensor, nn
from torch.nn import init

from ganlab.layers.activations import build_activation
from ganlab.layers.norms import image_norm
from ganlab.layers.resized import DoublingConvolution, HalvingConvolution
from ganlab.layers.winograd import LevelConvolution

Plan = TypeVar("Plan")
RESIDUAL_GAIN = 2**0.5
MULTIPLE_OF = {32: 8, 48: 8, 64: 16, 128: 32}  # by the shorter side: what the generator's first layer is scaled by


class Style(NamedTuple):
    """What all blocks of a network share: normalisation and activation, by name."""

    norm: str
    activation: str
    slope: float

    def first(self, channels: int) -> nn.Sequential:
        """Normalise and activate without overwriting the block's input, which the shortcut reads too."""
        inplace = self.norm != "none"
        return nn.Sequential(image_norm(self.norm, channels), build_activation(self.activation, self.slope, inplace))

    def later(self, channels: int) -> nn.Sequential:
        """Normalise and activate, in place."""
        return nn.Sequential(image_norm(self.norm, channels), build_activation(self.activation, self.slope))


class Residual(nn.Module):
    """A sum of two paths."""

    def __init__(self, shortcut: nn.Module, residual: nn.Module) -> None:
        super().__init__()
        self.shortcut, self.residual = shortcut, residual

    def forward(self, images: Tensor) -> Tensor:
        """Return the sum, of shape (n, channels, height, width)."""
        return self.shortcut(images) + self.residual(images)


def convolution(inputs: int, outputs: int, kernel: int, gain: float = 1.0) -> nn.Conv2d:
    """Build a convolution that keeps the resolution, with Xavier weights and no bias at first."""
    return _started(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), gain)


def level_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution on a residual path."""
    return _started(LevelConvolution(inputs, outputs), RESIDUAL_GAIN)


def doubling_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution of images doubled before, on a residual path."""
    return _started(DoublingConvolution(inputs, outputs), RESIDUAL_GAIN)


def halving_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution with the mean of 2×2 pixels after it, on a residual path."""
    return _started(HalvingConvolution(inputs, outputs), RESIDUAL_GAIN)


def _started(layer: nn.Conv2d, gain: float) -> nn.Conv2d:
    init.xavier_uniform_(layer.weight, gain)
    init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def up_block(inputs: int, outputs: int, style: Style) -> Residual:
    """Build the generator's block: twice the resolution."""
    residual = nn.Sequential(
        style.first(inputs),
        nn.Identity(),  # the doubling, which the convolution does; weights keep their names in checkpoints
        doubling_convolution(inputs, outputs),
        style.later(outputs),
        level_convolution(outputs, outputs),
    )
    return Residual(nn.Sequential(convolution(inputs, outputs, 1), nn.Upsample(scale_factor=2)), residual)


def first_block(inputs: int, outputs: int, style: Style) -> Residual:
    """Build the critic's first block: half the resolution, and nothing before the first convolution."""
    residual = nn.Sequential(
        level_convolution(inputs, outputs),
        build_activation(style.activation, style.slope),
        halving_convolution(outputs, outputs),
    )
    return Residual(nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1)), residual)


def _critic_path(inputs: int, outputs: int, style: Style, last: Callable[[int, int], nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        style.first(inputs), level_convolution(inputs, inputs), style.later(inputs), last(inputs, outputs)
    )


def down_block(inputs: int, outputs: int, style: Style) -> Residual:
    """Build a block of the critic: half the resolution."""
    residual = _critic_path(inputs, outputs, style, halving_convolution)
    return Residual(nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1)), residual)


def level_block(inputs: int, outputs: int, style: Style) -> Residual:
    """Build a block of the critic that keeps the resolution; its shortcut is free where the channels stay too."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, _critic_path(inputs, outputs, style, level_convolution))


def plan_for(shape: tuple[int, ...], plans: Mapping[int, Plan], group: str) -> Plan:
    """Return the plan for the shorter side of an image (channels, height, width).

    Raises ValueError where there is none, or where the longer side is no multiple that the plan can reach.
    """
    _, height, width = shape
    shorter, longer = sorted((height, width))
    if shorter not in plans:
        sides = ", ".join(str(side) for side in plans)
        raise ValueError(
            f"ResNet needs images whose shorter side is one of {sides}, got {height}x{width}; "
            f"resize the data or use {group}=dcgan"
        )
    if longer % MULTIPLE_OF[shorter]:
        raise ValueError(
            f"ResNet needs a longer side that is a multiple of {MULTIPLE_OF[shorter]} where the shorter is {shorter}, "
            f"got {height}x{width}; resize the data or use {group}=dcgan"
        )
    return plans[shorter]
