"""Residual generator blocks with conditional batch normalisation."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional, init

from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.residual import convolution, doubling_convolution, residual_convolution


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation with gain 1 + a(c) and bias b(c), for a condition c and layers a and b."""

    def __init__(self, channels: int, gain: nn.Module, bias: nn.Module) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain, self.bias = gain, bias

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Normalise images (n, channels, height, width), given conditions (n, condition_size)."""
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return self.norm(images) * (1 + gain) + bias


class PlainBatchNorm(nn.Module):
    """Batch normalisation that ignores its condition; for networks without one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Normalise images (n, channels, height, width)."""
        return self.norm(images)


def build_conditional_norm(channels: int, condition_size: int) -> nn.Module:
    """Build conditional batch normalisation (Brock et al. 2019, appendix B.1); size 0 means no condition."""
    if not condition_size:
        return PlainBatchNorm(channels)
    return ConditionalBatchNorm(channels, *(nn.Linear(condition_size, channels, bias=False) for _ in range(2)))


def build_class_batch_norm(channels: int, classes: int) -> nn.Module:
    """Build batch normalisation with a gain and a bias per class, initially 1 and 0; 0 classes means no condition."""
    if not classes:
        return PlainBatchNorm(channels)
    tables = [ClassEmbedding(classes, channels) for _ in range(2)]
    for table in tables:
        init.zeros_(table.weight)
    return ConditionalBatchNorm(channels, *tables)


class ConditionalUpBlock(nn.Module):
    """SNGAN's generator block with conditional normalisations, which `norm` builds from a number of channels."""

    def __init__(self, inputs: int, outputs: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.shortcut = convolution(inputs, outputs, 1)
        self.first_norm = norm(inputs)
        self.first = doubling_convolution(inputs, outputs)
        self.later_norm = norm(outputs)
        self.later = residual_convolution(outputs, outputs)
        self.grow = nn.Upsample(scale_factor=2)

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) and conditions (n, size) to (n, outputs, 2 height, 2 width)."""
        hidden = self.first(functional.relu(self.first_norm(images, condition)))
        hidden = self.later(functional.relu(self.later_norm(hidden, condition)))
        return self.grow(self.shortcut(images)) + hidden
