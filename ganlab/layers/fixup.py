"""Residual blocks without normalisation, initialised as the identity (Zhang et al. 2019, Fixup)."""

from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
ACTIVATION_GAIN = (2 / (1 + SLOPE**2)) ** 0.5
LINEAR_LAYERS = 3


def scaled_normal_(weight: Tensor, gain: float = 1.0) -> None:
    """Initialise weights in place from N(0, gain²/fan_in) (He et al. 2015)."""
    torch.nn.init.normal_(weight, 0.0, gain / weight[0].numel() ** 0.5)


def bare_convolution(inputs: int, outputs: int, kernel: int, gain: float = 1.0, groups: int = 1) -> nn.Conv2d:
    """Build a convolution without bias that preserves the resolution."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    scaled_normal_(layer.weight, gain)
    return layer


class BiasedLeakyReLU(nn.Module):
    """A bias per channel, then a leaky ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape (n, channels, height, width)."""
        return functional.leaky_relu(images + self.bias.to(images.dtype)[:, None, None], SLOPE)


class FixupBlock(nn.Module):
    """A residual block x + f(x) of R3GAN (Huang et al. 2024, section 3).

    f is a 1 × 1 convolution to twice the channels, a grouped 3 × 3 convolution, and a 1 × 1 convolution back whose
    weights start at 0. The other initial weights are multiplied by L^(−1/4), L being the number of `blocks` in the
    network. The group size is the greatest common divisor of `group_width` and twice the channels.
    """

    def __init__(self, channels: int, group_width: int, blocks: int) -> None:
        super().__init__()
        wide = 2 * channels
        gain = ACTIVATION_GAIN * blocks ** (-1 / (2 * LINEAR_LAYERS - 2))
        self.body = nn.Sequential(
            bare_convolution(channels, wide, 1, gain),
            BiasedLeakyReLU(wide),
            bare_convolution(wide, wide, 3, gain, groups=wide // gcd(wide, group_width)),
            BiasedLeakyReLU(wide),
            bare_convolution(wide, channels, 1, 0.0),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape (n, channels, height, width)."""
        return images + self.body(images)
