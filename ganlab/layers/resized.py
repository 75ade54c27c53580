"""A 3×3 convolution and a change of resolution beside it, as a convolution with stride 2 and a sum over 2×2 pixels.

The mean of 2×2 pixels after a convolution is a convolution of such means, of which every other one counts; doubling by
nearest neighbours before a convolution is its transpose. The same numbers, but for rounding, for a quarter of the
products. The weight is the convolution's own, so that what normalises, averages or loads it sees no difference.
"""

from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional


class Sums(Function):
    """Sums over 2×2 pixels, which keep nothing for their gradient, unlike the library's."""

    generate_vmap_rule = True

    @staticmethod
    def forward(images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to (n, channels, height - 1, width - 1)."""
        return functional.avg_pool2d(images, 2, 1, divisor_override=1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        """Return the gradient, which can be differentiated again."""
        return functional.avg_pool2d(slopes[0], 2, 1, 1, divisor_override=1)


class DoublingConvolution(nn.Conv2d):
    """A 3×3 convolution of images doubled by nearest neighbours."""

    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, 2 height, 2 width)."""
        kernel = self.weight.flip(2, 3).transpose(0, 1)
        spread = functional.conv_transpose2d(images, kernel, self.bias / 4, 2)  # four of which meet
        sums: Tensor = Sums.apply(spread)
        return sums


class HalvingConvolution(nn.Conv2d):
    """A 3×3 convolution of which 2×2 pixels are averaged."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height / 2, width / 2)."""
        return functional.conv2d(functional.avg_pool2d(images, 2, 1, 1), self.weight, self.bias, 2)
