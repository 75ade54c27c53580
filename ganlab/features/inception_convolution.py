"""Convolutions of the FID Inception, on a CPU by algorithms with fewer multiplications if these are faster."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import pi
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.fast_convolution import Algorithm, is_supported
from ganlab.layers.winograd import WINOGRAD

MIN_TAPS = 7  # of lines; with shorter kernels the transforms cost the time that the multiplications save
MIN_TILE_CHANNELS = 8192  # inputs × outputs: with fewer, transforms of tiles cost more than the multiplications saved
CHUNK_NUMBERS = 2**23  # so many transformed numbers, of whole images, are computed at once: 32 MiB


@final
class FrozenConvolution(nn.Module):
    """A convolution without gradients.

    On a CPU in float32, lines of 7 pixels are convolved by the Fourier transform, with a smaller rounding error than
    that of the direct convolution, and 3×3 kernels of many channels by Winograd's filtering, with about four times its
    rounding error, about 2e-6 of a typical value.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, …)."""
        layer = self.convolution
        algorithm = _find_algorithm(images, layer)
        if algorithm is None:
            values: Tensor = layer(images)
            return values
        kernel = _transform_kernel(layer.weight, algorithm)
        size, frame = _output_size(images, layer, algorithm)
        result = torch.empty(size, dtype=images.dtype, memory_format=torch.channels_last)
        tiles = _tiles(size, algorithm)
        numbers = len(kernel) * tiles[0] * tiles[1] * max(kernel.shape[1:])  # of one image, transformed
        step = max(1, CHUNK_NUMBERS // numbers)
        for chunk, target in zip(images.split(step), result.split(step), strict=True):
            pixels = _convolve(functional.pad(chunk, frame) if any(frame) else chunk, kernel, algorithm)
            pixels.view(-1, layer.out_channels).add_(layer.get_parameter("bias"))
            _put(pixels.view(len(pixels), len(chunk), *tiles, -1), target, algorithm)
        return result


def _convolve(images: Tensor, kernel: Tensor, algorithm: Algorithm) -> Tensor:
    """Return convolved tiles, shape (pixels of a tile, tiles × outputs)."""
    (down, across), (height, width) = algorithm.output_sides, algorithm.input_sides
    to_products, _, to_pixels = algorithm.transforms(images.dtype)
    tiles = images.permute(0, 2, 3, 1).unfold(1, height, down).unfold(2, width, across).permute(4, 5, 0, 1, 2, 3)
    transformed = to_products @ tiles.reshape(height * width, -1)
    return to_pixels @ torch.bmm(transformed.view(len(kernel), -1, kernel.shape[1]), kernel).flatten(1)


def _put(pixels: Tensor, target: Tensor, algorithm: Algorithm) -> None:
    """Copy pixels (pixels of a tile, n, rows, columns, outputs) to images; what is outside of them is left out."""
    down, across = algorithm.output_sides
    for values, (row, column) in zip(pixels, product(range(down), range(across)), strict=True):
        part = target[:, :, row::down, column::across]
        part.copy_(values.permute(0, 3, 1, 2)[:, :, : part.shape[2], : part.shape[3]])


def _tiles(size: Sequence[int], algorithm: Algorithm) -> tuple[int, int]:
    """Return the rows and columns of tiles that cover images of this size (n, channels, height, width)."""
    rows, columns = (-(-side // tile) for side, tile in zip(size[2:], algorithm.output_sides, strict=True))
    return rows, columns


def _output_size(images: Tensor, layer: nn.Conv2d, algorithm: Algorithm) -> tuple[list[int], list[int]]:
    """Return the size of the convolution's output, and the pixels to add left, right, above and below the images."""
    if algorithm.input_sides == algorithm.output_sides:  # whole lines, which the transform continues with zeros
        return [len(images), layer.out_channels, *images.shape[2:]], [0, 0, 0, 0]
    margin, overlap = int(layer.padding[0]), algorithm.input_sides[0] - algorithm.output_sides[0]
    size = [len(images), layer.out_channels, *(side + 2 * margin - overlap for side in images.shape[2:])]
    tiles, sides = _tiles(size, algorithm), algorithm.output_sides
    below, right = (count * side - have for count, side, have in zip(tiles, sides, size[2:], strict=True))
    return size, [margin, margin + right, margin, margin + below]


def _transform_kernel(weight: Tensor, algorithm: Algorithm) -> Tensor:
    """Return the transformed weight (products, inputs, outputs)."""
    outputs, inputs = weight.shape[:2]
    _, transform, _ = algorithm.transforms(weight.dtype)
    return (transform @ weight.permute(2, 3, 1, 0).reshape(-1, inputs * outputs)).view(-1, inputs, outputs)


def _find_algorithm(images: Tensor, layer: nn.Conv2d) -> Algorithm | None:
    """Return an algorithm that is faster than the direct convolution, or None."""
    if not is_supported(images, layer.weight) or layer.stride != (1, 1):
        return None
    height, width = images.shape[2:]
    match layer.kernel_size:
        case (taps, 1) if taps >= MIN_TAPS:
            return line_fourier(height, taps, True)
        case (1, taps) if taps >= MIN_TAPS:
            return line_fourier(width, taps, False)
        case (3, 3) if layer.in_channels * layer.out_channels > MIN_TILE_CHANNELS:
            return TILES
    return None


# Winograd's matrices for images that are padded before they are cut into tiles.
TILES = Algorithm(
    *(WINOGRAD.input_transform, WINOGRAD.kernel_transform, WINOGRAD.output_transform),
    input_sides=WINOGRAD.input_sides,
    output_sides=WINOGRAD.output_sides,
    padding=0,
)


@lru_cache(maxsize=16)
def line_fourier(length: int, taps: int, vertical: bool) -> Algorithm:
    """Return the Fourier algorithm for whole lines of `length` pixels and an odd number of taps.

    The output has the length of the input; 17 pixels and 7 taps take 29 products instead of 119. Lines are periodic
    with the period length + ⌊taps / 2⌋, so what wraps around falls outside. Products of complex numbers take three
    multiplications, as in `layers.fourier`.
    """
    margin = taps // 2
    period = length + margin
    pixels, offsets = torch.arange(length).double(), torch.arange(taps).double() - margin
    inputs: list[Tensor] = []
    kernels: list[Tensor] = []
    outputs: list[Tensor] = []
    for frequency in range(period // 2 + 1):
        step = 2 * pi * frequency / period
        (cosine, sine), (tap_cosine, tap_sine) = (((step * at).cos(), (step * at).sin()) for at in (pixels, offsets))
        if 2 * frequency % period == 0:  # a real product
            inputs, kernels, outputs = [*inputs, cosine], [*kernels, tap_cosine], [*outputs, cosine / period]
            continue
        inputs += [cosine - sine, cosine, -sine]
        kernels += [tap_cosine, tap_sine - tap_cosine, tap_cosine + tap_sine]
        outputs += [2 * (cosine - sine) / period, -2 * sine / period, -2 * cosine / period]
    sides = (length, 1) if vertical else (1, length)
    return Algorithm(torch.stack(inputs), torch.stack(kernels), torch.stack(outputs, 1), sides, sides, padding=0)
