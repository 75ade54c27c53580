"""A 3×3 convolution fused with a change of resolution, as a strided convolution and a sum over 2×2 pixels.

Average pooling after a convolution equals a strided convolution of 2×2 means; nearest-neighbour doubling before a
convolution is the transpose of that. The results are equal up to rounding, for a quarter of the multiplications. The
weight has the shape of the plain 3×3 convolution, so normalisation, averaging and checkpoints are unaffected.
"""

from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional


class Sums(Function):
    """Sums over 2×2 pixels; unlike torch's pooling, saves no tensors for the backward pass."""

    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to (n, channels, height - 1, width - 1)."""
        return functional.avg_pool2d(images, 2, 1, divisor_override=1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Save nothing."""

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        """Return the gradient, which is differentiable."""
        return functional.avg_pool2d(slopes[0], 2, 1, 1, divisor_override=1)


class DoublingConvolution(nn.Conv2d):
    """Nearest-neighbour doubling of the resolution, then a 3×3 convolution."""

    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, 2 height, 2 width)."""
        kernel = self.weight.flip(2, 3).transpose(0, 1)
        spread = functional.conv_transpose2d(images, kernel, self.bias / 4, 2)  # each output sums four of these biases
        sums: Tensor = Sums.apply(spread)
        return sums


class HalvingConvolution(nn.Conv2d):
    """A 3×3 convolution, then average pooling over 2×2 pixels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height / 2, width / 2)."""
        return functional.conv2d(functional.avg_pool2d(images, 2, 1, 1), self.weight, self.bias, 2)
