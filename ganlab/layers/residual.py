"""The residual blocks of SNGAN (Miyato et al. 2018, figure 8), with the weights their code starts from.

A 1×1 convolution and a change of resolution commute; shortcuts do the cheaper one of the two orders. A 3×3 convolution
and the change beside it are one (`resized.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import init

from ganlab.layers.activations import build_activation
from ganlab.layers.norms import image_norm
from ganlab.layers.resized import DoublingConvolution, HalvingConvolution
from ganlab.layers.winograd import LevelConvolution

RESIDUAL_GAIN = 2**0.5
CONSTANT_STEPS = 3  # doublings of the resolution up to which all blocks have the same channels, as at 32 pixels
MOST_MULTIPLES = 16


class Widths(NamedTuple):
    """The channels of a generator: `width` times `multiples`, the dense layer's first and then each block's."""

    width: int
    multiples: tuple[int, ...]


def generator_widths(steps: int) -> Widths:
    """Return the paper's channels (tables 4 and 6) for so many doublings, and in their manner those it has not."""
    if steps <= CONSTANT_STEPS:
        return Widths(256, (1,) * (steps + 1))
    return Widths(64, tuple(min(1 << step, MOST_MULTIPLES) for step in reversed(range(steps + 1))))


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
    return convolution(inputs, outputs, 3, RESIDUAL_GAIN)


def generator_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution on a generator's path; a critic's is asked for one of its gradients at a time."""
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
        generator_convolution(outputs, outputs),
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


def _path(inputs: int, outputs: int, last: Callable[[int, int], nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),  # not in place: the shortcut reads the same input
        level_convolution(inputs, outputs),
        nn.ReLU(inplace=True),
        last(outputs, outputs),
    )


def wide_down_block(inputs: int, outputs: int) -> Residual:
    """Build a block that halves the resolution."""
    shortcut = nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1))
    return Residual(shortcut, _path(inputs, outputs, halving_convolution))


def wide_level_block(inputs: int, outputs: int) -> Residual:
    """Build a block that keeps the resolution; its shortcut is free where the channels stay too."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, _path(inputs, outputs, level_convolution))
