"""Convolutions that halve or double images of any size, rounding up as TensorFlow's "same" padding does."""

from torch import Tensor, nn
from torch.nn import functional

Size = tuple[int, int]


def half_size(size: Size) -> Size:
    """Return half a size (height, width), rounded up."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


class HalvingSame(nn.Conv2d):
    """A convolution with stride 2 that maps images of `size` to half that size."""

    def __init__(self, inputs: int, outputs: int, kernel: int, size: Size) -> None:
        super().__init__(inputs, outputs, kernel, stride=2)
        (top, bottom), (left, right) = (_border(side, kernel) for side in size)
        self.border = (left, right, top, bottom)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, *size) to (n, outputs, *half)."""
        return super().forward(functional.pad(images, self.border))


class DoublingSame(nn.ConvTranspose2d):
    """The transpose of `HalvingSame`: maps images of half `size` to `size`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, size: Size) -> None:
        first = (_border(size[0], kernel)[0], _border(size[1], kernel)[0])
        super().__init__(inputs, outputs, kernel, stride=2, padding=first)
        self.size = size

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map images (n, inputs, *half) to (n, outputs, *size)."""
        return super().forward(images)[:, :, : self.size[0], : self.size[1]]


def _border(side: int, kernel: int) -> tuple[int, int]:
    """Return the padding in pixels before and after a side; an odd pixel goes after."""
    total = max(2 * ((side + 1) // 2 - 1) + kernel - side, 0)
    return total // 2, total - total // 2
