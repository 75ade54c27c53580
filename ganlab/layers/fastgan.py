"""The building blocks of FastGAN (Liu et al. 2021, figures 3 and 4)."""

from itertools import pairwise
from typing import final

from torch import Tensor, nn

from ganlab.layers.styled import Noise

SLOPE = 0.2
WIDEST = 16  # times `width` channels at 4 pixels
NARROWEST = 2  # times `width` channels at 32 and 64 pixels


def channels_at(side: int, width: int) -> int:
    """Return the channels of feature maps whose shorter side is so many pixels, for 2 `width` channels at 64 pixels.

    Channels fall from 16 `width` at 4 pixels to 2 `width` at 32 and 64, and halve with each doubling from there.
    """
    if side <= 32:
        return width * max(NARROWEST, WIDEST * 4 // _power_below(side))
    return max(1, width * NARROWEST * 64 // _power_below(side))


def _power_below(side: int) -> int:
    return 1 << (max(side, 4).bit_length() - 1)


@final
class Grow(nn.Sequential):
    """Doubles the resolution: nearest neighbours, a 3 × 3 convolution, batch normalisation, a gated linear unit."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Upsample(scale_factor=2), *_gated(inputs, outputs))


@final
class NoisyGrow(nn.Sequential):
    """Doubles the resolution as `Grow` does, with a second gated convolution and with noise before both."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int]) -> None:
        super().__init__(
            nn.Upsample(scale_factor=2),
            *_gated(inputs, outputs, Noise(*size)),
            *_gated(outputs, outputs, Noise(*size)),
        )


def _gated(inputs: int, outputs: int, *noise: nn.Module) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, 2 * outputs, 3, padding=1, bias=False)
    return [convolution, *noise, nn.BatchNorm2d(2 * outputs), nn.GLU(1)]


@final
class Excitation(nn.Module):
    """Skip-layer excitation: weighs the channels of large feature maps by small ones (eq. 1)."""

    def __init__(self, small: int, large: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Conv2d(small, large, 4, bias=False),
            nn.SiLU(),
            nn.Conv2d(large, large, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        """Map maps (n, small, …) and (n, large, height, width) to (n, large, height, width)."""
        return large * self.weigh(small)


@final
class Shrink(nn.Module):
    """Halves the resolution by two convolutions, averaged with a pooled 1 × 1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution_unit(inputs, outputs, 4, 2, 1), *convolution_unit(outputs, outputs, 3, 1, 1)
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), *convolution_unit(inputs, outputs, 1, 1, 0))

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, inputs, height, width) to (n, outputs, height / 2, width / 2)."""
        return (self.body(maps) + self.shortcut(maps)) / 2


def convolution_unit(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> list[nn.Module]:
    """Return a convolution, batch normalisation and a leaky ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(SLOPE)]


@final
class Decoder(nn.Sequential):
    """Reconstructs images (n, channels, …) in [-1, 1] from feature maps by `doublings` blocks; at least one."""

    def __init__(self, inputs: int, channels: int, doublings: int, width: int) -> None:
        widths = [inputs, *(max(1, width >> step) for step in range(doublings))]
        blocks = [Grow(before, after) for before, after in pairwise(widths)]
        super().__init__(*blocks, nn.Conv2d(widths[-1], channels, 3, padding=1, bias=False), nn.Tanh())
