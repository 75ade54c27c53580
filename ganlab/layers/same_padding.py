"""Convolutions that halve and double images of any size: a half is rounded up, as TensorFlow's "same" padding does."""

from torch import Tensor, nn
from torch.nn import functional

Size = tuple[int, int]


def halved(size: Size) -> Size:
    """Return half a size (height, width), rounded up."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


class HalvingSame(nn.Conv2d):
    """A convolution with stride 2 from images of a `size` to half of it."""

    def __init__(self, inputs: int, outputs: int, kernel: int, size: Size) -> None:
        super().__init__(inputs, outputs, kernel, stride=2)
        (top, bottom), (left, right) = (_border(side, kernel) for side in size)
        self.border = (left, right, top, bottom)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, *size) to images of half the size."""
        return super().forward(functional.pad(images, self.border))


class DoublingSame(nn.ConvTranspose2d):
    """The transpose of `HalvingSame`: from images of half a `size` to that size."""

    def __init__(self, inputs: int, outputs: int, kernel: int, size: Size) -> None:
        first = (_border(size[0], kernel)[0], _border(size[1], kernel)[0])
        super().__init__(inputs, outputs, kernel, stride=2, padding=first)
        self.size = size

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map images (n, inputs, *half) to images (n, outputs, *size)."""
        return super().forward(images)[:, :, : self.size[0], : self.size[1]]


def _border(side: int, kernel: int) -> tuple[int, int]:
    """Return the pixels of padding before and after a side; what is odd comes after."""
    total = max(2 * ((side + 1) // 2 - 1) + kernel - side, 0)
    return total // 2, total - total // 2
