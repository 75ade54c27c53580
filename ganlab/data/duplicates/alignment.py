"""Correlation of two images at the best alignment: one of them may be a crop, mirrored, or of other brightness."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import progress

SMALLEST_SCALE = 0.78  # share of the sides that a crop keeps
OVERLAP = 0.8  # share of the smaller image's area that both must show
LEAST_DEVIATION = 4.0  # of the overlap's values of 255: a plain area correlates with anything
# A copy may be brighter or have more contrast, but not by much: else every plain sky would be a copy of every other.
LARGEST_SHIFT = 20.0  # between the means, of values of 255
LARGEST_RATIO = 1.6  # between the variances
CHUNK = 256  # pairs at a time


def align(thumbnails: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest correlation of each pair (m, 2) of thumbnails, float32 (m,), and whether one is mirrored.

    `thumbnails` are uint8 (n, channels, side, side). Both directions are tried, each at all scales down to
    SMALLEST_SCALE in steps of a pixel, and at all shifts with enough overlap; the correlation is that of the
    overlapping pixels of all channels together. It is -1 for plain images.
    """
    best, mirrored = [torch.empty(0)], [torch.empty(0, dtype=torch.bool)]
    for part in progress(pairs.split(CHUNK), "aligning pairs", "chunk"):
        first, second = (_smooth(thumbnails[part[:, side]].float()) for side in (0, 1))
        straight, turned = (
            torch.maximum(_slide(image, second), _slide(second, image)) for image in (first, first.flip(-1))
        )
        best.append(torch.maximum(straight, turned))
        mirrored.append(turned > straight)
    return torch.cat(best), torch.cat(mirrored)


def _smooth(images: Tensor) -> Tensor:
    """Return images without the finest detail, which differs between copies that lie half a pixel apart."""
    padded = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    rows = padded[..., :-2, :] + 2 * padded[..., 1:-1, :] + padded[..., 2:, :]
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 16


def _slide(large: Tensor, small: Tensor) -> Tensor:
    """Return the largest correlation (m,) of `small`, reduced to every scale, with where it lies on `large`."""
    side = large.shape[-1]
    period = side * 3 // 2  # shifts of up to half a side, beyond which too little overlaps, do not wrap around
    canvas = _Sums(large, period)
    best = large.new_full((len(large),), -1.0)
    for reduced in _sides(side):
        size = (reduced, reduced)
        template = functional.interpolate(small, size, mode="bilinear", antialias=True, align_corners=False)
        best = torch.maximum(best, canvas.correlate(_Sums(template, period), OVERLAP * reduced**2))
    return best


def _sides(side: int) -> Sequence[int]:
    return range(side, round(SMALLEST_SCALE * side) - 1, -1)


class _Sums:
    """The Fourier transforms of an image's pixels, and of what the sums over an overlap are computed from."""

    def __init__(self, images: Tensor, period: int) -> None:
        self.period, self.channels = (period, period), images.shape[1]
        # Without each channel's mean, colour alone is no correlation: else all blue images would be alike.
        means = images.mean((2, 3), keepdim=True)
        images, self.level = images - means, means.mean((1, 2, 3))
        self.pixels = torch.fft.rfft2(images, self.period)
        self.sums = torch.fft.rfft2(images.sum(1), self.period)
        self.squares = torch.fft.rfft2(images.square().sum(1), self.period)
        self.area = torch.fft.rfft2(torch.ones(1, *images.shape[2:]), self.period)

    def correlate(self, other: "_Sums", least_pixels: float) -> Tensor:
        """Return the largest correlation over all shifts with an overlap of at least `least_pixels`, shape (m,)."""
        count = self._at_shifts(self.area, other.area) * self.channels
        enough = count >= least_pixels * self.channels
        count = count.clamp(min=1)
        own, others = self._at_shifts(self.sums, other.area), self._at_shifts(self.area, other.sums)
        product = self._at_shifts(self.pixels, other.pixels, channels=True) - own * others / count
        own_square = self._at_shifts(self.squares, other.area) - own.square() / count
        other_square = self._at_shifts(self.area, other.squares) - others.square() / count
        least = LEAST_DEVIATION**2 * count
        valid = enough & (own_square > least) & (other_square > least)
        difference = (own - others) / count + (self.level - other.level)[:, None, None]
        valid &= difference.abs() <= LARGEST_SHIFT
        valid &= (own_square <= LARGEST_RATIO * other_square) & (other_square <= LARGEST_RATIO * own_square)
        correlation = product / (own_square.clamp(min=1) * other_square.clamp(min=1)).sqrt()
        return correlation.masked_fill(~valid, -1.0).flatten(1).amax(1)

    def _at_shifts(self, own: Tensor, other: Tensor, channels: bool = False) -> Tensor:
        product = own * other.conj()
        return torch.fft.irfft2(product.sum(1) if channels else product, self.period)
