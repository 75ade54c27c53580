"""Convolutions on a CPU by bilinear algorithms, which replace most multiplications by additions.

Tiles of the images and the kernel are transformed, multiplied entry by entry, and transformed back:
y = O ((K w) ⊙ (I x)) with constant matrices I, K and O. `winograd.py` and `fourier.py` have two choices of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional

# About so many transformed numbers, of whole images, are computed at once, to fit a CPU's cache: as many as the
# transformed kernel has, within these limits.
CHUNK_LIMITS = (2**19, 2**21)


@dataclass(frozen=True, eq=False)
class Algorithm:
    """The matrices of an algorithm for tiles of images; the output of the convolution has the images' resolution."""

    input_transform: Tensor  # (products, input pixels), float64
    kernel_transform: Tensor  # (products, entries of the kernel)
    output_transform: Tensor  # (output pixels, products)
    input_sides: tuple[int, int]  # of a tile
    output_sides: tuple[int, int]
    padding: int  # of an image on each side, before it is cut into tiles
    _converted: dict[torch.dtype, tuple[Tensor, Tensor, Tensor]] = field(default_factory=dict)

    def transforms(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Return the three matrices in a dtype."""
        if dtype not in self._converted:
            matrices = (self.input_transform, self.kernel_transform, self.output_transform)
            self._converted[dtype] = tuple(matrix.to(dtype) for matrix in matrices)  # type: ignore[assignment]
        return self._converted[dtype]


def is_supported(images: Tensor, weight: Tensor) -> bool:
    """Return whether the algorithms can be used: on a CPU in float32, without autocast and torch.compile."""
    return (
        images.is_cpu
        and images.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )


def _without_autocast(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Disable autocast, because the backward pass may run under it even if the forward pass did not."""

    @wraps(function)
    def wrapper(*arguments: Any) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return function(*arguments)

    return wrapper


def _needed_gradients(ctx: Any, *gradients: Callable[[], Tensor]) -> tuple[Tensor | None, ...]:
    needed = (compute() if needs else None for needs, compute in zip(ctx.needs_input_grad, gradients, strict=False))
    return (*needed, None)  # nothing for the algorithm


class Convolution(Function):
    """The convolution of images (n, inputs, height, width) with a weight (outputs, inputs, k, k), plus a bias.

    Its backward pass computes the gradients of all inputs that require one, even if only one is used.
    """

    @staticmethod
    @_without_autocast
    def forward(images: Tensor, weight: Tensor, bias: Tensor | None, algorithm: Algorithm) -> Tensor:
        """Return values of shape (n, outputs, height, width)."""
        (count, inputs, height, width), outputs, (down, across) = images.shape, len(weight), algorithm.output_sides
        _, kernel_transform, output_transform = algorithm.transforms(images.dtype)
        taps = weight.permute(2, 3, 1, 0).reshape(-1, inputs * outputs)
        kernel = (kernel_transform @ taps).view(-1, inputs, outputs)
        values = torch.empty((count, outputs, height, width), dtype=images.dtype, memory_format=torch.channels_last)
        tiled = values.permute(0, 2, 3, 1).view(count, height // down, down, width // across, across, outputs)
        for chunk in _chunks(images, outputs, algorithm):
            products = torch.bmm(_transform_images(images[chunk], algorithm), kernel)
            pixels = output_transform @ products.view(len(products), -1)
            target = tiled[chunk].permute(2, 4, 0, 1, 3, 5)
            if bias is not None:
                pixels.view(-1, outputs).add_(bias)
            target.copy_(pixels.view(target.shape))
        return values

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Save the images and the weight."""
        images, weight, _, ctx.algorithm = inputs
        ctx.save_for_backward(images, weight)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients, which are differentiable."""
        images, weight = ctx.saved_tensors
        return _needed_gradients(
            ctx,
            lambda: Convolution.apply(slopes[0], adjoint_weight(weight), None, ctx.algorithm),
            lambda: Correlation.apply(images, slopes[0], ctx.algorithm),
            lambda: slopes[0].sum((0, 2, 3)),
        )


class Correlation(Function):
    """Gradient of the weight, from images and output gradients, both (n, channels, height, width)."""

    @staticmethod
    @_without_autocast
    def forward(images: Tensor, slopes: Tensor, algorithm: Algorithm) -> Tensor:
        """Return the gradient, shape (outputs, inputs, k, k)."""
        inputs, outputs = images.shape[1], slopes.shape[1]
        _, kernel_transform, output_transform = algorithm.transforms(images.dtype)
        total: Tensor | None = None
        for chunk in _chunks(images, outputs, algorithm):
            pixels = _cut(slopes[chunk], algorithm.output_sides, algorithm.output_sides)
            spread = (output_transform.t() @ pixels.reshape(len(pixels), -1)).view(len(kernel_transform), -1, outputs)
            factors = spread.transpose(1, 2), _transform_images(images[chunk], algorithm)
            total = torch.bmm(*factors) if total is None else total.baddbmm_(*factors)
        if total is None:  # an empty batch
            total = images.new_zeros(len(kernel_transform), outputs, inputs)
        taps = kernel_transform.t() @ total.flatten(1)
        side = round(len(taps) ** 0.5)
        return taps.view(side, side, outputs, inputs).permute(2, 3, 0, 1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Save the images and the slopes."""
        images, slopes, ctx.algorithm = inputs
        ctx.save_for_backward(images, slopes)

    @staticmethod
    def backward(ctx: Any, *weights: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of both inputs, which are differentiable."""
        images, slopes = ctx.saved_tensors
        return _needed_gradients(
            ctx,
            lambda: Convolution.apply(slopes, adjoint_weight(weights[0]), None, ctx.algorithm),
            lambda: Convolution.apply(images, weights[0], None, ctx.algorithm),
        )


def adjoint_weight(weight: Tensor) -> Tensor:
    """Return the weight of the adjoint convolution, from outputs (n, outputs, …) to inputs (n, inputs, …)."""
    return weight.transpose(0, 1).flip(2, 3)


def _chunks(images: Tensor, outputs: int, algorithm: Algorithm) -> Iterator[slice]:
    inputs, products, pixels = images.shape[1], len(algorithm.input_transform), len(algorithm.output_transform)
    least, most = CHUNK_LIMITS
    numbers = products * images.shape[2:].numel() // pixels * max(inputs, outputs)  # in one transformed image
    step = max(1, min(max(products * inputs * outputs, least), most) // numbers)
    return (slice(start, start + step) for start in range(0, len(images), step))


def _cut(images: Tensor, sides: tuple[int, int], steps: tuple[int, int]) -> Tensor:
    """Return all tiles of images (n, channels, height, width), shape (pixels of a tile, tiles, channels)."""
    tiles = images.permute(0, 2, 3, 1).unfold(1, sides[0], steps[0]).unfold(2, sides[1], steps[1])
    channels = images.shape[1]
    return tiles.permute(4, 5, 0, 1, 2, 3).reshape(sides[0] * sides[1], -1, channels)


def _transform_images(images: Tensor, algorithm: Algorithm) -> Tensor:
    """Return the transformed tiles of images, shape (products, tiles, channels)."""
    if algorithm.padding:
        rows = functional.pad(images.permute(0, 2, 3, 1), (0, 0, *[algorithm.padding] * 4))
        images = rows.permute(0, 3, 1, 2)
    pixels = _cut(images, algorithm.input_sides, algorithm.output_sides)
    transform, _, _ = algorithm.transforms(images.dtype)
    return (transform @ pixels.reshape(len(pixels), -1)).view(len(transform), -1, images.shape[1])
