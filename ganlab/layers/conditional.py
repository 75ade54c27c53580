"""Residual blocks of generators whose batch normalisation reads a condition."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional, init

from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.residual import convolution, doubling_convolution, generator_convolution


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation with gain 1 + a·c and bias b·c, for conditions c and layers a, b to as many channels."""

    def __init__(self, channels: int, gain: nn.Module, bias: nn.Module) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain, self.bias = gain, bias

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
    """Build batch normalisation that reads conditions of a size, which may be 0 (Brock et al. 2019, appendix B.1)."""
    if not condition_size:
        return PlainBatchNorm(channels)
    return ConditionalBatchNorm(channels, *(nn.Linear(condition_size, channels, bias=False) for _ in range(2)))


def class_batch_norm(channels: int, classes: int) -> nn.Module:
    """Build batch normalisation with a gain and a bias for each class, which there may be none of, from 1 and 0 on."""
    if not classes:
        return PlainBatchNorm(channels)
    tables = [ClassEmbedding(classes, channels) for _ in range(2)]
    for table in tables:
        init.zeros_(table.weight)
    return ConditionalBatchNorm(channels, *tables)


class ConditionalUpBlock(nn.Module):
    """The generator's block of SNGAN, its normalisation built by `norm` to read conditions: twice the resolution."""

    def __init__(self, inputs: int, outputs: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.shortcut = convolution(inputs, outputs, 1)
        self.first_norm = norm(inputs)
        self.first = doubling_convolution(inputs, outputs)
        self.later_norm = norm(outputs)
        self.later = generator_convolution(outputs, outputs)
        self.grow = nn.Upsample(scale_factor=2)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, 2 height, 2 width)."""
        hidden = self.first(functional.relu(self.first_norm(images, condition)))
        hidden = self.later(functional.relu(self.later_norm(hidden, condition)))
        return self.grow(self.shortcut(images)) + hidden
