"""Residual blocks of generators whose batch normalisation reads a condition."""

from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.residual import convolution, doubling_convolution, level_convolution


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation with gain 1 + a·c and bias b·c, for conditions c (Brock et al. 2019, appendix B.1)."""

    def __init__(self, channels: int, condition_size: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(condition_size, channels, bias=False)
        self.bias = nn.Linear(condition_size, channels, bias=False)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Normalise images (n, channels, height, width) under conditions (n, condition_size)."""
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return self.norm(images) * (1 + gain) + bias


class PlainBatchNorm(nn.Module):
    """Batch normalisation where there is no condition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Normalise images (n, channels, height, width)."""
        return self.norm(images)


def conditional_norm(channels: int, condition_size: int) -> nn.Module:
    """Build batch normalisation that reads conditions of a size, which may be 0."""
    return ConditionalBatchNorm(channels, condition_size) if condition_size else PlainBatchNorm(channels)


class ConditionalUpBlock(nn.Module):
    """The generator's block of SNGAN, with conditions: twice the resolution."""

    def __init__(self, inputs: int, outputs: int, condition_size: int) -> None:
        super().__init__()
        self.shortcut = convolution(inputs, outputs, 1)
        self.first_norm = conditional_norm(inputs, condition_size)
        self.first = doubling_convolution(inputs, outputs)
        self.later_norm = conditional_norm(outputs, condition_size)
        self.later = level_convolution(outputs, outputs)
        self.grow = nn.Upsample(scale_factor=2)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, 2 height, 2 width)."""
        hidden = self.first(functional.relu(self.first_norm(images, condition)))
        hidden = self.later(functional.relu(self.later_norm(hidden, condition)))
        return self.grow(self.shortcut(images)) + hidden
