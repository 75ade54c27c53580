"""A 3×3 convolution and a change of resolution beside it, as one convolution with a 4×4 kernel.

Doubling by nearest neighbours before a 3×3 convolution is a transposed 4×4 convolution with stride 2, and a mean of
2×2 pixels after one is a 4×4 convolution with stride 2: the same numbers, but for rounding, for 4/9 of the products.
The weight stays the 3×3 one, so that what normalises, averages or loads it sees no difference.
"""

from torch import Tensor, nn
from torch.nn import functional


class DoublingConvolution(nn.Conv2d):
    """A 3×3 convolution of images doubled by nearest neighbours."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, 2 height, 2 width)."""
        # Each pixel meets the sum of the neighbouring entries of the kernel that fall on its four copies.
        kernel = functional.avg_pool2d(self.weight.flip(2, 3), 2, 1, 1, divisor_override=1)
        return functional.conv_transpose2d(images, kernel.transpose(0, 1), self.bias, 2, 1)


class HalvingConvolution(nn.Conv2d):
    """A 3×3 convolution of which 2×2 pixels are averaged."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height / 2, width / 2)."""
        kernel = functional.avg_pool2d(self.weight, 2, 1, 1)  # the mean of the kernel at its four places
        return functional.conv2d(images, kernel, self.bias, 2, 1)
