"""Convolutions of small images on a CPU by the discrete Fourier transform of whole images.

The transform of a convolution is the product of the transforms. For 7×7 pixels and a 5×5 kernel these are 121 products
instead of 1,225. Images are so small that the transforms, too, are fastest as products of matrices.
"""

from functools import lru_cache
from math import pi

import torch
from torch import Tensor, nn

from ganlab.layers.fast_convolution import Algorithm, Convolution, adjoint_weight, is_supported

MIN_KERNEL = 5  # with a smaller one, and with fewer channels, the transforms cost more time than the products saved
MIN_CHANNELS = 64
MAX_SIDE = 16  # in pixels; the cost of the transforms grows with the square of the number of pixels


class FourierConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution of stride 1 with an odd kernel, which preserves the resolution.

    It uses the Fourier transform if that is faster; the rounding error is then about half that of the direct
    convolution.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, bias=bias)

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height, width)."""
        weight = self.weight
        if not is_faster(images, weight):
            return nn.functional.conv_transpose2d(images, weight, self.bias, padding=weight.shape[2] // 2)
        height, width, kernel = *images.shape[2:], weight.shape[2]
        values: Tensor = Convolution.apply(images, adjoint_weight(weight), self.bias, fourier(height, width, kernel))
        return values


def is_faster(images: Tensor, weight: Tensor) -> bool:
    """Return whether the Fourier transform is faster; ignores the batch size, so equal images give equal outputs."""
    return (
        is_supported(images, weight)
        and weight.shape[2] >= MIN_KERNEL
        and min(weight.shape[:2]) >= MIN_CHANNELS
        and max(images.shape[2:]) <= MAX_SIDE
    )


@lru_cache(maxsize=16)
def fourier(height: int, width: int, kernel: int) -> Algorithm:
    """Return the algorithm for images of this size and a kernel of this odd side.

    Images are periodic with the period (height + ⌊kernel / 2⌋, width + ⌊kernel / 2⌋), so what wraps around falls
    outside. Real images need half of the frequencies. The product (a + bi) (c + di) takes three multiplications:
    k₁ = (a + b) c, k₂ = a (d − c) and k₃ = b (c + d) give (k₁ − k₃) + (k₁ + k₂) i; a real one takes one.
    """
    margin = kernel // 2
    periods = torch.tensor([height + margin, width + margin])
    grid = torch.cartesian_prod(*(torch.arange(period) for period in periods.tolist()))
    mirrored = -grid % periods
    order = grid[:, 0] * periods[1] + grid[:, 1]
    mirrored_order = mirrored[:, 0] * periods[1] + mirrored[:, 1]
    pairs, real = grid[order < mirrored_order], grid[order == mirrored_order]
    pixels = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    taps = torch.cartesian_prod(*[torch.arange(kernel)] * 2) - margin

    def cosines(frequencies: Tensor, positions: Tensor, shift: float = 0.0) -> Tensor:
        angles = 2 * pi * (frequencies / periods.double()) @ positions.double().t()
        return torch.cos(angles - shift)

    cosine, sine = cosines(pairs, pixels), cosines(pairs, pixels, pi / 2)
    tap_cosine, tap_sine = cosines(pairs, taps), cosines(pairs, taps, pi / 2)
    inputs = torch.cat([cosine - sine, cosine, -sine, cosines(real, pixels)])
    kernels = torch.cat([tap_cosine, tap_sine - tap_cosine, tap_cosine + tap_sine, cosines(real, taps)])
    outputs = torch.cat([2 * (cosine - sine), -2 * sine, -2 * cosine, cosines(real, pixels)]) / periods.prod()
    return Algorithm(inputs, kernels, outputs.t().contiguous(), (height, width), (height, width), padding=0)
