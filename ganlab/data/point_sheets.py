"""Sample sheets of points in the plane: samples over the density of real points, drawn with Pillow and numpy alone.

Every run on points draws one, so nothing slow to import is used.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganlab.core.figures import FRAME, INK, SAMPLE

BINS = 240  # of a density, along each axis
SMOOTHING = 1.5  # standard deviation of the smoothing of a density, in bins
SIZE, BOX = 660, (43, 25, 653, 635)  # of the sheet and of its axes (left, top, right, bottom), in pixels
OPACITY = 0.55  # of one sample
INK_AREA = 17_000  # pixels that all samples cover together, if their radii stay within the limits
RADII = (1.1, 3.4)  # least and greatest radius of a sample, in pixels
# From empty to dense: the sequential blues of ColorBrewer (Harrower and Brewer 2003).
BLUES = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
DARKEST = 1 / 1.4  # the part of the colours that a density uses, so that samples stay visible on it
TICK, LABEL_SIZE, TITLE_SIZE = 3, 12, 15  # pixels
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # between ticks, times a power of ten
INTERVALS = 6  # between ticks, at most


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


def scatter(points: Tensor, density: Density) -> Image.Image:
    """Scatter points (n, 2) over a density of real points, on the density's axes; the title counts points outside."""
    values = points.detach().double().cpu().numpy()
    left, right, bottom, top = density.extent
    x, y = values.T
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    canvas = np.full((SIZE, SIZE, 3), 255.0)
    box = (slice(BOX[1], BOX[3]), slice(BOX[0], BOX[2]))
    canvas[box] = _colour(density.heights)
    width = BOX[2] - BOX[0]
    columns, rows = (x - left) / (right - left) * width, (top - y) / (top - bottom) * width
    opacity = _opacity(columns[inside], rows[inside], width, len(values))[..., None]
    canvas[box] += opacity * (_rgb(SAMPLE) - canvas[box])
    sheet = Image.fromarray(canvas.round().astype(np.uint8), "RGB")
    outside = len(values) - int(inside.sum())
    title = f"{len(values)} samples" + (f", {outside} of them outside" if outside else "")
    _draw_axes(ImageDraw.Draw(sheet), density.extent, title)
    return sheet


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth an array along its first axis by a Gaussian cut off at four deviations; the borders are mirrored."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    padded = np.pad(values, ((radius, radius), (0, 0)), "symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis=0)
    return np.asarray(windows @ (weights / weights.sum()))


def _colour(heights: np.ndarray) -> np.ndarray:
    """Return the colours (height, width, 3) of a density; the square root shows thin tails next to sharp modes."""
    shares = np.sqrt(heights / heights.max()) * DARKEST
    width = BOX[2] - BOX[0]
    image = Image.fromarray(np.flipud(shares).astype(np.float32)).resize((width, width), Image.Resampling.BILINEAR)
    stops, blues = np.linspace(0, 1, len(BLUES)), np.stack([_rgb(colour) for colour in BLUES], axis=1)
    return np.stack([np.interp(np.asarray(image), stops, channel) for channel in blues], axis=-1)


def _opacity(columns: np.ndarray, rows: np.ndarray, width: int, count: int) -> np.ndarray:
    """Return how much the samples cover of each pixel (width, width).

    All have one colour, so painting one over another multiplies what remains visible, in any order.
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


def _draw_axes(draw: ImageDraw.ImageDraw, extent: tuple[float, float, float, float], title: str) -> None:
    """Draw the frame, ticks with their numbers, and the title."""
    left, top, right, bottom = BOX
    draw.rectangle((left - 1, top - 1, right, bottom), outline=FRAME)
    font = ImageFont.load_default(LABEL_SIZE)
    for value, label in _ticks(*extent[:2]):
        x = left + (value - extent[0]) / (extent[1] - extent[0]) * (right - left)
        draw.line((x, bottom, x, bottom + TICK), INK)
        draw.text((x, bottom + 2 * TICK), label, INK, font, anchor="mt")
    for value, label in _ticks(*extent[2:]):
        y = bottom - (value - extent[2]) / (extent[3] - extent[2]) * (bottom - top)
        draw.line((left - 1 - TICK, y, left - 1, y), INK)
        draw.text((left - 2 * TICK, y), label, INK, font, anchor="rm")
    draw.text((left, top - 7), title, INK, ImageFont.load_default(TITLE_SIZE), anchor="ls")


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return round values between two numbers, at equal distances, and their labels."""
    rough = (high - low) / INTERVALS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in STEPS if factor * power >= rough)
    digits = max(0, -math.floor(math.log10(step)) + (step / power == 2.5))
    numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    return [(number * step, f"{number * step:.{digits}f}") for number in numbers.tolist()]


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], float)
