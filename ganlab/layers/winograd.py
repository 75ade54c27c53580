"""3×3 convolutions on a CPU by Winograd's minimal filtering, F(4×4, 3×3) of Lavin & Gray (2016, section 4.3).

Tiles of 6×6 pixels and the kernel are transformed, multiplied entry by entry, and transformed back to tiles of 4×4.
This takes 36 multiplications instead of 144. torch's CPU library always uses 144; cuDNN chooses its algorithm itself.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

TILE = 4  # side of an output tile in pixels; that of an input tile is 6
MIN_CHANNELS = 256  # with fewer, transforming the images costs more time than the multiplications saved
CHUNK_NUMBERS = 2**21  # about so many numbers, of whole images, are transformed at once, to fit a CPU's cache

_INPUT = torch.tensor(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
     [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]],
    dtype=torch.float64,
)  # fmt: skip
_KERNEL = torch.tensor([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]).double() / 24
_OUTPUT = torch.tensor([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]).double()
# Transforms of rows and columns at once.
INPUT_TRANSFORM, KERNEL_TRANSFORM, OUTPUT_TRANSFORM = (torch.kron(one, one) for one in (_INPUT, _KERNEL, _OUTPUT))


class WinogradConv2d(nn.Conv2d):
    """A 3×3 convolution that preserves the resolution and uses Winograd's algorithm if that is faster.

    It suits networks whose weights and inputs need gradients at the same time, such as generators. Its rounding error
    is about three times that of the direct convolution, a few millionths of a typical value.
    """

    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height, width)."""
        if not is_faster(images, self.weight):
            return super().forward(images)
        values: Tensor = Convolution.apply(images, self.weight)
        return values.add_(self.bias[:, None, None])


def is_faster(images: Tensor, weight: Tensor) -> bool:
    """Return whether Winograd's algorithm is faster; ignores the batch size, so equal images give equal outputs."""
    return (
        images.is_cpu
        and images.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and min(weight.shape[:2]) >= MIN_CHANNELS
        and images.shape[2:].numel() >= max(weight.shape[:2])  # else transforming the kernel takes longer
        and not any(side % TILE for side in images.shape[2:])
    )


def _without_autocast(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Disable autocast, because the backward pass may run under it even if the forward pass did not."""

    @wraps(function)
    def wrapper(first: Tensor, second: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return function(first, second)

    return wrapper


def _save_inputs(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _needed_gradients(ctx: Any, *gradients: Callable[[], Tensor]) -> tuple[Tensor | None, ...]:
    return tuple(compute() if needed else None for needed, compute in zip(ctx.needs_input_grad, gradients, strict=True))


class Convolution(Function):
    """The convolution of images (n, inputs, height, width) with a weight (outputs, inputs, 3, 3)."""

    @staticmethod
    @_without_autocast
    def forward(images: Tensor, weight: Tensor) -> Tensor:
        """Return values of shape (n, outputs, height, width)."""
        (count, inputs, height, width), outputs = images.shape, len(weight)
        kernel = (KERNEL_TRANSFORM.to(weight) @ weight.permute(2, 3, 1, 0).reshape(9, inputs * outputs)).view(
            len(KERNEL_TRANSFORM), inputs, outputs
        )
        values = torch.empty((count, outputs, height, width), dtype=images.dtype, memory_format=torch.channels_last)
        tiled = values.permute(0, 2, 3, 1).view(count, height // TILE, TILE, width // TILE, TILE, outputs)
        for chunk in _chunks(images, max(inputs, outputs)):
            products = torch.bmm(_transform_inputs(images[chunk]).transpose(0, 1), kernel)
            tiles = torch.matmul(OUTPUT_TRANSFORM.to(weight), products.transpose(0, 1))
            target = tiled[chunk].transpose(2, 3)
            target.copy_(tiles.view(target.shape))
        return values

    setup_context = staticmethod(_save_inputs)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of all inputs that require one, even if only one is used; they are differentiable."""
        images, weight = ctx.saved_tensors
        return _needed_gradients(
            ctx,
            lambda: Convolution.apply(slopes[0], adjoint_weight(weight)),
            lambda: Correlation.apply(images, slopes[0]),
        )


class Correlation(Function):
    """Gradient of the weight, from images and output gradients, both (n, channels, height, width)."""

    @staticmethod
    @_without_autocast
    def forward(images: Tensor, slopes: Tensor) -> Tensor:
        """Return the gradient, shape (outputs, inputs, 3, 3)."""
        inputs, outputs = images.shape[1], slopes.shape[1]
        total = images.new_zeros(len(KERNEL_TRANSFORM), outputs, inputs)
        for chunk in _chunks(images, max(inputs, outputs)):
            spread = torch.matmul(OUTPUT_TRANSFORM.t().to(slopes), _cut_tiles(slopes[chunk].permute(0, 2, 3, 1)))
            total.baddbmm_(spread.permute(1, 2, 0), _transform_inputs(images[chunk]).transpose(0, 1))
        return (KERNEL_TRANSFORM.t().to(total) @ total.flatten(1)).view(3, 3, outputs, inputs).permute(2, 3, 0, 1)

    setup_context = staticmethod(_save_inputs)

    @staticmethod
    def backward(ctx: Any, *weights: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of all inputs that require one, even if only one is used; they are differentiable."""
        images, slopes = ctx.saved_tensors
        return _needed_gradients(
            ctx,
            lambda: Convolution.apply(slopes, adjoint_weight(weights[0])),
            lambda: Convolution.apply(images, weights[0]),
        )


def adjoint_weight(weight: Tensor) -> Tensor:
    """Return the weight of the adjoint convolution, from outputs (n, outputs, …) to inputs (n, inputs, …)."""
    return weight.transpose(0, 1).flip(2, 3)


def _chunks(images: Tensor, channels: int) -> Iterator[slice]:
    numbers = len(INPUT_TRANSFORM) * images.shape[2:].numel() // TILE**2 * channels  # in one transformed image
    step = max(1, CHUNK_NUMBERS // numbers)
    return (slice(start, start + step) for start in range(0, len(images), step))


def _cut_tiles(rows: Tensor) -> Tensor:
    """Cut rows (n, height, width, channels) into tiles (tiles, 16, channels)."""
    count, height, width, channels = rows.shape
    tiled = rows.reshape(count, height // TILE, TILE, width // TILE, TILE, channels).transpose(2, 3)
    return tiled.reshape(-1, TILE**2, channels)


def _transform_inputs(images: Tensor) -> Tensor:
    """Return the transformed 6×6 input tiles of images, shape (tiles, 36, channels)."""
    rows = functional.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    tiles = rows.unfold(1, TILE + 2, TILE).unfold(2, TILE + 2, TILE)  # (n, down, across, channels, 6, 6)
    return torch.matmul(
        INPUT_TRANSFORM.to(images), tiles.permute(0, 1, 2, 4, 5, 3).reshape(-1, len(INPUT_TRANSFORM), images.shape[1])
    )
