"""The density of real points, and points painted over it."""

import math
from dataclasses import dataclass, field
from typing import final

import numpy as np
from PIL import Image
from torch import Tensor

BINS = 240  # of a density, along each axis
SMOOTHING = 1.5  # standard deviation of the smoothing of a density, in bins
OPACITY = 0.55  # of one sample
INK_AREA = 17_000  # pixels that all samples cover together, if their radii stay within the limits
RADII = (1.1, 3.4)  # least and greatest radius of a sample, in pixels
# From empty to dense: the sequential blues of ColorBrewer (Harrower and Brewer 2003).
BLUES = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
LEVELS = 1024  # of colours between empty and dense
DARKEST = 1 / 1.4  # the part of the colours that a density uses, so that samples stay visible on it


@final
@dataclass
class Density:
    """A smoothed histogram of real points (n, 2), over a square that contains all of them."""

    points: Tensor
    extent: tuple[float, float, float, float] = field(init=False)  # left, right, bottom, top
    heights: np.ndarray = field(init=False)  # (BINS, BINS), rows from bottom to top

    def __post_init__(self) -> None:
        low, high = self.points.amin(0), self.points.amax(0)
        middle, half = (low + high) / 2, float((high - low).max()) * 0.6 or 1.0
        left, bottom = (middle - half).tolist()
        self.extent = (left, left + 2 * half, bottom, bottom + 2 * half)
        x, y = self.points.numpy().T
        counts, _, _ = np.histogram2d(x, y, BINS, [self.extent[:2], self.extent[2:]])
        self.heights = _smooth(_smooth(counts, SMOOTHING).T, SMOOTHING)

    def colours(self, width: int) -> np.ndarray:
        """Return the density as colours (width, width, 3); the square root shows thin tails next to sharp modes."""
        shares = np.sqrt(self.heights / self.heights.max()) * DARKEST
        image = Image.fromarray(np.flipud(shares).astype(np.float32)).resize((width, width), Image.Resampling.BILINEAR)
        stops, blues = np.linspace(0, 1, len(BLUES)), np.stack([rgb(colour) for colour in BLUES], axis=1)
        levels = np.linspace(0, 1, LEVELS)
        table = np.stack([np.interp(levels, stops, channel) for channel in blues], axis=-1)
        return table[(np.asarray(image) * (LEVELS - 1)).round().astype(np.intp)]


def opacity(columns: np.ndarray, rows: np.ndarray, width: int, count: int) -> np.ndarray:
    """Return how much samples of one colour cover of each pixel (width, width), at coordinates (n,) in pixels.

    Painting one over another multiplies what remains visible, in any order. The radius follows from the `count` of all
    samples on the sheet.
    """
    radius = float(np.clip(math.sqrt(INK_AREA / (math.pi * max(count, 1))), *RADII))
    reach = math.ceil(radius + 1)
    offsets = np.arange(-reach, reach + 1)
    visible = np.zeros((width + 2 * reach) ** 2)
    for down in offsets:
        pixel_rows = np.floor(rows).astype(int) + down
        for across in offsets:
            pixel_columns = np.floor(columns).astype(int) + across
            distance = np.hypot(pixel_columns + 0.5 - columns, pixel_rows + 0.5 - rows)
            covered = OPACITY * np.clip(radius + 0.5 - distance, 0, 1)
            place = (pixel_rows + reach) * (width + 2 * reach) + pixel_columns + reach
            kept = (place >= 0) & (place < len(visible))
            visible += np.bincount(place[kept], np.log1p(-covered[kept]), minlength=len(visible))
    inner = visible.reshape(width + 2 * reach, -1)[reach:-reach, reach:-reach]
    return np.asarray(-np.expm1(inner))


def rgb(colour: str) -> np.ndarray:
    """Return a colour such as "#ff8000" as three numbers from 0 to 255."""
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], float)


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth an array along its first axis by a Gaussian cut off at four deviations; the borders are mirrored."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    padded = np.pad(values, ((radius, radius), (0, 0)), "symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis=0)
    return np.asarray(windows @ (weights / weights.sum()))
