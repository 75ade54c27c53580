"""The residual blocks of SNGAN (Miyato et al. 2018, figure 8), with the initial weights of the authors' code.

A 1×1 convolution and a change of resolution commute, so shortcuts use the cheaper order. A 3×3 convolution and the
change of resolution next to it are fused (`resized.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import init

from ganlab.layers.activations import build_activation
from ganlab.layers.norms import build_image_norm
from ganlab.layers.resized import DoublingConvolution, HalvingConvolution
from ganlab.layers.winograd import WinogradConv2d

RESIDUAL_GAIN = 2**0.5
CONSTANT_STEPS = 3  # up to so many doublings of the resolution all blocks have the same channels, as at 32 pixels
MAX_MULTIPLE = 16


class Widths(NamedTuple):
    """Channels of a generator as multiples of `width`: first those of the dense layer, then those of each block."""

    width: int
    multiples: tuple[int, ...]


def generator_widths(steps: int) -> Widths:
    """Return the paper's channels (tables 4 and 6) for a number of doublings, extrapolated to other numbers."""
    if steps <= CONSTANT_STEPS:
        return Widths(256, (1,) * (steps + 1))
    return Widths(64, tuple(min(1 << step, MAX_MULTIPLE) for step in reversed(range(steps + 1))))


class BlockStyle(NamedTuple):
    """The normalisation and activation, by name, of all blocks of a network."""

    norm: str
    activation: str
    slope: float

    def build_first(self, channels: int) -> nn.Sequential:
        """Build the first layers of a block, which do not overwrite its input because the shortcut reads it too."""
        inplace = self.norm != "none"
        return nn.Sequential(
            build_image_norm(self.norm, channels), build_activation(self.activation, self.slope, inplace)
        )

    def build_later(self, channels: int) -> nn.Sequential:
        """Build later layers of a block, which activate in place."""
        return nn.Sequential(build_image_norm(self.norm, channels), build_activation(self.activation, self.slope))


class Residual(nn.Module):
    """The sum of a shortcut and a residual path."""

    def __init__(self, shortcut: nn.Module, residual: nn.Module) -> None:
        super().__init__()
        self.shortcut, self.residual = shortcut, residual

    def forward(self, images: Tensor) -> Tensor:
        """Return the sum, shape (n, channels, height, width)."""
        return self.shortcut(images) + self.residual(images)


def convolution(inputs: int, outputs: int, kernel: int, gain: float = 1.0) -> nn.Conv2d:
    """Build a convolution that preserves the resolution, with Xavier weights and a bias of 0."""
    return _init_xavier(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), gain)


def residual_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution on a residual path."""
    return _init_xavier(WinogradConv2d(inputs, outputs), RESIDUAL_GAIN)


def doubling_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a nearest-neighbour doubling and a 3×3 convolution after it, on a residual path."""
    return _init_xavier(DoublingConvolution(inputs, outputs), RESIDUAL_GAIN)


def halving_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Build a 3×3 convolution and a 2×2 average pooling after it, on a residual path."""
    return _init_xavier(HalvingConvolution(inputs, outputs), RESIDUAL_GAIN)


def _init_xavier(layer: nn.Conv2d, gain: float) -> nn.Conv2d:
    init.xavier_uniform_(layer.weight, gain)
    init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def up_block(inputs: int, outputs: int, style: BlockStyle) -> Residual:
    """Build a generator block, which doubles the resolution."""
    residual = nn.Sequential(
        style.build_first(inputs),
        nn.Identity(),  # in place of the doubling, now part of the convolution; keeps weight names in checkpoints
        doubling_convolution(inputs, outputs),
        style.build_later(outputs),
        residual_convolution(outputs, outputs),
    )
    return Residual(nn.Sequential(convolution(inputs, outputs, 1), nn.Upsample(scale_factor=2)), residual)


def first_block(inputs: int, outputs: int, style: BlockStyle) -> Residual:
    """Build the first block of a discriminator: halves the resolution; no activation before its first convolution."""
    residual = nn.Sequential(
        residual_convolution(inputs, outputs),
        build_activation(style.activation, style.slope),
        halving_convolution(outputs, outputs),
    )
    return Residual(nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1)), residual)


def _preactivation_path(
    inputs: int, outputs: int, style: BlockStyle, last: Callable[[int, int], nn.Module]
) -> nn.Sequential:
    return nn.Sequential(
        style.build_first(inputs),
        residual_convolution(inputs, inputs),
        style.build_later(inputs),
        last(inputs, outputs),
    )


def down_block(inputs: int, outputs: int, style: BlockStyle) -> Residual:
    """Build a discriminator block that halves the resolution."""
    residual = _preactivation_path(inputs, outputs, style, halving_convolution)
    return Residual(nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1)), residual)


def same_size_block(inputs: int, outputs: int, style: BlockStyle) -> Residual:
    """Build a discriminator block that preserves the resolution; the shortcut is the identity for equal channels."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, _preactivation_path(inputs, outputs, style, residual_convolution))


def _wide_path(inputs: int, outputs: int, last: Callable[[int, int], nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),  # not in place: the shortcut reads the same input
        residual_convolution(inputs, outputs),
        nn.ReLU(inplace=True),
        last(outputs, outputs),
    )


def wide_down_block(inputs: int, outputs: int) -> Residual:
    """Build a BigGAN discriminator block that halves the resolution."""
    shortcut = nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1))
    return Residual(shortcut, _wide_path(inputs, outputs, halving_convolution))


def wide_same_size_block(inputs: int, outputs: int) -> Residual:
    """Build a BigGAN discriminator block that preserves the resolution; equal channels need no shortcut layer."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, _wide_path(inputs, outputs, residual_convolution))
