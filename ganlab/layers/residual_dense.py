"""Residual-in-residual dense blocks (Wang et al. 2018, ESRGAN, figure 4)."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = 5  # convolutions of a dense block
DENSE_BLOCKS = 3  # dense blocks of a residual-in-residual block
SHARE = 0.2  # of a residual that is added
SLOPE = 0.2  # of the leaky ReLU


@final
class DenseBlock(nn.Module):
    """Convolutions that each read the block's input and all earlier outputs; the last one is the residual."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        outputs = [growth] * (LAYERS - 1) + [channels]
        self.layers = nn.ModuleList(
            nn.Conv2d(channels + index * growth, after, 3, padding=1) for index, after in enumerate(outputs)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to the same shape."""
        *dense, last = self.layers
        known = images
        for layer in dense:
            known = torch.cat([known, functional.leaky_relu(layer(known), SLOPE)], 1)
        return images + SHARE * last(known)


@final
class ResidualDenseBlock(nn.Module):
    """Three dense blocks, whose joint residual is scaled again."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(DenseBlock(channels, growth) for _ in range(DENSE_BLOCKS)))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to the same shape."""
        return images + SHARE * self.blocks(images)
