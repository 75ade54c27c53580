"""3×3 convolutions on a CPU by Winograd's minimal filtering, F(4×4, 3×3) of Lavin & Gray (2016, section 4.3).

Tiles of 6×6 pixels and the kernel are transformed, multiplied entry by entry and transformed back to tiles of 4×4: 36
products for what takes 144 otherwise. torch's library for CPUs makes all 144; the one for GPUs chooses as is done here.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

TILE = 4  # pixels a side that come of a tile of 6
LEAST_CHANNELS = 256  # below, transforming images takes the time that multiplying less saves
CHUNK_NUMBERS = 2**21  # about as many, of whole images, are transformed at once, for a processor's cache

_SEEN = torch.tensor(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
     [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]],
    dtype=torch.float64,
)  # fmt: skip
_KERNEL = torch.tensor([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]).double() / 24
_MADE = torch.tensor([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]).double()
SEEN, KERNEL, MADE = (torch.kron(one, one) for one in (_SEEN, _KERNEL, _MADE))  # of rows and columns at once


class LevelConvolution(nn.Conv2d):
    """A 3×3 convolution that keeps the resolution, by fewer products where that is faster for a batch of images.

    It is for networks whose weights and inputs are differentiated together, as a generator's are. Its rounding error is
    some three times that of all products, a few millionths of a typical value.
    """

    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height, width)."""
        if not pays(images, self.weight):
            return super().forward(images)
        values: Tensor = Convolution.apply(images, self.weight)
        return values.add_(self.bias[:, None, None])


def pays(images: Tensor, weight: Tensor) -> bool:
    """Say whether fewer products are faster; how many images there are does not count, so that each is made alike."""
    return (
        images.is_cpu
        and images.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and min(weight.shape[:2]) >= LEAST_CHANNELS
        and images.shape[2:].numel() >= max(weight.shape[:2])  # else transforming the kernel takes that time
        and not any(side % TILE for side in images.shape[2:])
    )


def _in_full_precision(work: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Keep autocast out: gradients are also taken within it, of what was computed outside."""

    @wraps(work)
    def within(first: Tensor, second: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return work(first, second)

    return within


def _keep_inputs(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _wanted(ctx: Any, *gradients: Callable[[], Tensor]) -> tuple[Tensor | None, ...]:
    return tuple(make() if needed else None for needed, make in zip(ctx.needs_input_grad, gradients, strict=True))


class Convolution(Function):
    """The convolution of images (n, inputs, height, width) with a weight (outputs, inputs, 3, 3)."""

    @staticmethod
    @_in_full_precision
    def forward(images: Tensor, weight: Tensor) -> Tensor:
        """Return values of shape (n, outputs, height, width)."""
        (count, inputs, height, width), outputs = images.shape, len(weight)
        kernel = (KERNEL.to(weight) @ weight.permute(2, 3, 1, 0).reshape(9, inputs * outputs)).view(
            len(KERNEL), inputs, outputs
        )
        values = torch.empty((count, outputs, height, width), dtype=images.dtype, memory_format=torch.channels_last)
        cut = values.permute(0, 2, 3, 1).view(count, height // TILE, TILE, width // TILE, TILE, outputs)
        for part in _parts(images, max(inputs, outputs)):
            products = torch.bmm(_seen(images[part]).transpose(0, 1), kernel)
            tiles = torch.matmul(MADE.to(weight), products.transpose(0, 1))
            made = cut[part].transpose(2, 3)
            made.copy_(tiles.view(made.shape))
        return values

    setup_context = staticmethod(_keep_inputs)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Return both gradients, even where one was asked for; they can be differentiated again."""
        images, weight = ctx.saved_tensors
        return _wanted(
            ctx,
            lambda: Convolution.apply(slopes[0], turned(weight)),
            lambda: Correlation.apply(images, slopes[0]),
        )


class Correlation(Function):
    """The gradient of a weight by images and the values' slopes, each of shape (n, channels, height, width)."""

    @staticmethod
    @_in_full_precision
    def forward(images: Tensor, slopes: Tensor) -> Tensor:
        """Return it, of shape (outputs, inputs, 3, 3)."""
        inputs, outputs = images.shape[1], slopes.shape[1]
        total = images.new_zeros(len(KERNEL), outputs, inputs)
        for part in _parts(images, max(inputs, outputs)):
            spread = torch.matmul(MADE.t().to(slopes), _tiles(slopes[part].permute(0, 2, 3, 1)))
            total.baddbmm_(spread.permute(1, 2, 0), _seen(images[part]).transpose(0, 1))
        return (KERNEL.t().to(total) @ total.flatten(1)).view(3, 3, outputs, inputs).permute(2, 3, 0, 1)

    setup_context = staticmethod(_keep_inputs)

    @staticmethod
    def backward(ctx: Any, *weights: Tensor) -> tuple[Tensor | None, ...]:
        """Return both gradients, which can be differentiated again."""
        images, slopes = ctx.saved_tensors
        return _wanted(
            ctx,
            lambda: Convolution.apply(slopes, turned(weights[0])),
            lambda: Convolution.apply(images, weights[0]),
        )


def turned(weight: Tensor) -> Tensor:
    """Return the weight that leads from values back to images."""
    return weight.transpose(0, 1).flip(2, 3)


def _parts(images: Tensor, channels: int) -> Iterator[slice]:
    numbers = len(SEEN) * images.shape[2:].numel() // TILE**2 * channels  # of one image
    step = max(1, CHUNK_NUMBERS // numbers)
    return (slice(start, start + step) for start in range(0, len(images), step))


def _tiles(rows: Tensor) -> Tensor:
    """Cut rows (n, height, width, channels) into tiles (tiles, 16, channels)."""
    count, height, width, channels = rows.shape
    cut = rows.reshape(count, height // TILE, TILE, width // TILE, TILE, channels).transpose(2, 3)
    return cut.reshape(-1, TILE**2, channels)


def _seen(images: Tensor) -> Tensor:
    """Return what each tile sees of images, transformed, of shape (tiles, 36, channels)."""
    rows = functional.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    views = rows.unfold(1, TILE + 2, TILE).unfold(2, TILE + 2, TILE)  # (n, down, across, channels, 6, 6)
    return torch.matmul(SEEN.to(images), views.permute(0, 1, 2, 4, 5, 3).reshape(-1, len(SEEN), images.shape[1]))
