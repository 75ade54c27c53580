"""Resampling with a separable low-pass filter (Zhang 2019; Karras et al. 2019).

Filters have an even number of taps, so resampling does not shift the image. Images are padded with zeros.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def normalise_taps(taps: Sequence[float]) -> Tensor:
    """Scale taps to sum to 1; raises ValueError if their number is odd or their sum is not positive."""
    if len(taps) % 2 or sum(taps) <= 0:
        raise ValueError(
            f"filter must have an even number of taps with a positive sum, such as [1,3,3,1], got {[*taps]}"
        )
    return torch.tensor([float(tap) for tap in taps]) / sum(taps)


class Blur(nn.Module):
    """Applies the filter without resampling; each side grows by 1 + 2 `padding` − taps."""

    taps: Tensor

    def __init__(self, taps: Sequence[float], padding: int, gain: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("taps", normalise_taps(taps) * gain**0.5, persistent=False)
        self.padding = padding

    def forward(self, images: Tensor) -> Tensor:
        """Filter images (n, channels, height, width)."""
        for kernel, _, padding in _axes(images, self.taps, self.padding):
            images = functional.conv2d(images, kernel, padding=padding, groups=images.shape[1])
        return images


class Downsample(nn.Module):
    """Applies the filter, then takes every second pixel along each axis."""

    taps: Tensor

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("taps", normalise_taps(taps), persistent=False)
        self.padding = len(taps) // 2 - 1

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, 2 height, 2 width) to (n, channels, height, width)."""
        for kernel, stride, padding in _axes(images, self.taps, self.padding):
            images = functional.conv2d(images, kernel, None, stride, padding, groups=images.shape[1])
        return images


class Upsample(nn.Module):
    """Inserts a zero after every pixel along each axis, then filters; four times the adjoint of `Downsample`."""

    taps: Tensor

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("taps", 2 * normalise_taps(taps), persistent=False)
        self.padding = len(taps) // 2 - 1

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to (n, channels, 2 height, 2 width)."""
        for kernel, stride, padding in _axes(images, self.taps, self.padding):
            images = functional.conv_transpose2d(images, kernel, None, stride, padding, groups=images.shape[1])
        return images


def _axes(images: Tensor, taps: Tensor, padding: int) -> list[tuple[Tensor, tuple[int, int], tuple[int, int]]]:
    """Return the depthwise kernel, stride and padding, first along the height, then along the width."""
    channels, length = images.shape[1], len(taps)
    taps = taps.to(images.dtype)
    return [
        (taps.reshape(1, 1, length, 1).expand(channels, 1, length, 1), (2, 1), (padding, 0)),
        (taps.reshape(1, 1, 1, length).expand(channels, 1, 1, length), (1, 2), (0, padding)),
    ]
