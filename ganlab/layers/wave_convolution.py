"""Convolutions of sound that change its length by a factor, on feature maps (n, channels, 1, positions).

Sound is an image of height 1 here, so normalisations, initial weights and spectral norms are those of images.
"""

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.checks import look_up


def shortening(inputs: int, outputs: int, kernel: int, stride: int, bias: bool = True) -> nn.Conv2d:
    """Build a convolution that divides the number of positions, a multiple of the stride, by exactly that."""
    return nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), (0, (kernel - stride + 1) // 2), bias=bias)


@final
class Lengthening(nn.ConvTranspose2d):
    """A transposed convolution that multiplies the number of positions by exactly `stride`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, bias: bool = True) -> None:
        padding = (kernel - stride + 1) // 2
        extra = 2 * padding + stride - kernel
        super().__init__(inputs, outputs, (1, kernel), (1, stride), (0, padding), (0, extra), bias=bias)


@final
class NearestLengthening(nn.ConvTranspose2d):
    """Repeats each position `stride` times, then convolves with an odd kernel (Donahue et al. 2019, appendix A.1).

    A convolution of repeated values equals a transposed convolution and then sums over `stride` positions, for a
    `stride`th of the multiplications.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, bias: bool = True) -> None:
        self.margin = (0, (kernel - 2 * stride + 1) // 2)
        super().__init__(inputs, outputs, (1, kernel), (1, stride), self.margin, bias=bias)

    def forward(self, maps: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map (n, inputs, 1, positions) to (n, outputs, 1, stride · positions)."""
        spread = functional.conv_transpose2d(maps, self.weight, None, self.stride, self.margin)
        sums = functional.avg_pool2d(spread, (1, self.stride[1]), 1, divisor_override=1)
        return sums if self.bias is None else sums + self.bias[:, None, None]


LENGTHENINGS: Mapping[str, Callable[..., nn.ConvTranspose2d]] = {
    "transposed": Lengthening,
    "nearest": NearestLengthening,
}


def build_lengthening(name: str, inputs: int, outputs: int, kernel: int, stride: int, bias: bool) -> nn.Module:
    """Build a convolution that multiplies the number of positions by `stride`.

    Raises ValueError for an unknown name, a kernel below the stride, and for `nearest` with an even kernel or one below
    twice the stride.
    """
    build = look_up("upsampling", name, LENGTHENINGS)
    check_kernel(kernel, stride)
    if name == "nearest" and (kernel % 2 == 0 or kernel < 2 * stride - 1):
        raise ValueError(
            f"upsampling=nearest needs an odd kernel of at least {2 * stride - 1}, got {kernel}; use 25, or "
            "upsampling=transposed"
        )
    return build(inputs, outputs, kernel, stride, bias)


def check_kernel(kernel: int, stride: int) -> None:
    """Raise ValueError if the stride is below 2, or a kernel would skip positions."""
    if stride < 2:
        raise ValueError(f"stride must be at least 2, got {stride}")
    if kernel < stride:
        raise ValueError(f"kernel must be at least the stride of {stride}, so that no sample is skipped, got {kernel}")
