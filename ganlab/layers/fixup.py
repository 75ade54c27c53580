"""Residual blocks that need no normalisation, because each begins as the identity (Zhang et al. 2019, Fixup)."""

from math import gcd

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
ACTIVATION_GAIN = (2 / (1 + SLOPE**2)) ** 0.5
LINEAR_LAYERS = 3


def scaled_normal(weight: Tensor, gain: float = 1.0) -> None:
    """Draw weights from N(0, gain²/inputs), inputs being the numbers that each output reads (He et al. 2015)."""
    torch.nn.init.normal_(weight, 0.0, gain / weight[0].numel() ** 0.5)


def bare_convolution(inputs: int, outputs: int, kernel: int, gain: float = 1.0, groups: int = 1) -> nn.Conv2d:
    """Build a convolution without bias that keeps the resolution."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    scaled_normal(layer.weight, gain)
    return layer


class BiasedLeakyReLU(nn.Module):
    """A leaky ReLU after a bias for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape (n, channels, height, width)."""
        return functional.leaky_relu(images + self.bias.to(images.dtype)[:, None, None], SLOPE)


class FixupBlock(nn.Module):
    """x + f(x): twice the channels by 1 × 1, grouped 3 × 3, and back by 1 × 1 weights that start at 0.

    Huang et al. 2024 (R3GAN), section 3: the other weights are smaller by L^(−1/4), L the network's number of `blocks`.
    Groups have at most `group_width` channels, and divide them.
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
