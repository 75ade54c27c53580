"""Smoothing filters of images, and the choice of their strength."""

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.corruptions.base import Baseline, to_unit_range


def gaussian_filter(images: Tensor, sigma: float) -> Tensor:
    """Convolve images (n, channels, height, width) with a Gaussian of `sigma` pixels, cut off at 4 sigma.

    The border is repeated.
    """
    radius = max(1, ceil(4 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    weights = weights / weights.sum()
    count, channels, height, width = images.shape
    rows = images.reshape(count * channels, 1, height, width)
    rows = functional.conv2d(functional.pad(rows, (0, 0, radius, radius), mode="replicate"), weights.view(1, 1, -1, 1))
    rows = functional.conv2d(functional.pad(rows, (radius, radius, 0, 0), mode="replicate"), weights.view(1, 1, 1, -1))
    return rows.view(count, channels, height, width)


def median_filter(images: Tensor, size: int) -> Tensor:
    """Return the median of `size` by `size` pixels around every pixel; `size` is odd, and the border is repeated."""
    padded = functional.pad(images, [size // 2] * 4, mode="replicate")
    windows = padded.unfold(2, size, 1).unfold(3, size, 1)
    return windows.flatten(4).median(4).values


def choose_strength(
    smooth: Callable[[Tensor, float], Tensor], strengths: Sequence[float], examples: Tensor, corrupted: Tensor
) -> Baseline:
    """Return the filter with the strength that restores uint8 examples with the smallest mean squared error."""
    truth, degraded = to_unit_range(examples), to_unit_range(corrupted)
    errors = [float((smooth(degraded, strength) - truth).square().mean()) for strength in strengths]
    best = strengths[errors.index(min(errors))]
    return partial(_smooth_by, smooth, best)


def _smooth_by(smooth: Callable[[Tensor, float], Tensor], strength: float, images: Tensor) -> Tensor:
    return smooth(images, strength)
