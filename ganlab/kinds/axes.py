"""Axes of sample sheets: round numbers at equal distances, and their ticks."""

import math
from typing import NamedTuple

import numpy as np
from PIL import ImageDraw

from ganlab.core.figures import FRAME, INK
from ganlab.kinds.lettering import TEXT_SIZE, font

TICK = 3  # pixels
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # between ticks, times a power of ten
INTERVALS = 6  # between ticks, at most


class Box(NamedTuple):
    """A rectangle of a sheet, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def ticks(low: float, high: float, intervals: int = INTERVALS) -> list[tuple[float, str]]:
    """Return round values between two numbers, at equal distances, and their labels."""
    rough = (high - low) / intervals
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in STEPS if factor * power >= rough)
    digits = max(0, -math.floor(math.log10(step)) + (step / power == 2.5))
    numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    return [(number * step, _label(number * step, digits)) for number in numbers.tolist()]


def draw_frame(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Draw the frame around a box."""
    draw.rectangle((box.left - 1, box.top - 1, box.right, box.bottom), outline=FRAME)


def draw_horizontal_axis(
    draw: ImageDraw.ImageDraw, box: Box, low: float, high: float, intervals: int = INTERVALS
) -> None:
    """Draw ticks and numbers below a box whose left side is at `low` and whose right side is at `high`."""
    for value, label in ticks(low, high, intervals):
        x = box.left + (value - low) / (high - low) * (box.right - box.left)
        draw.line((x, box.bottom, x, box.bottom + TICK), INK)
        half = font(TEXT_SIZE).getlength(label) / 2
        x = min(max(x, half + 1), draw.im.size[0] - half - 1)  # a number at the border is not cut off
        draw.text((x, box.bottom + 2 * TICK), label, INK, font(TEXT_SIZE), anchor="mt")


def draw_vertical_axis(
    draw: ImageDraw.ImageDraw, box: Box, low: float, high: float, intervals: int = INTERVALS
) -> None:
    """Draw ticks and numbers to the left of a box whose lower side is at `low` and whose upper side is at `high`."""
    for value, label in ticks(low, high, intervals):
        y = box.bottom - (value - low) / (high - low) * (box.bottom - box.top)
        draw.line((box.left - 1 - TICK, y, box.left - 1, y), INK)
        draw.text((box.left - 2 * TICK, y), label, INK, font(TEXT_SIZE), anchor="rm")


def label_width(low: float, high: float, intervals: int = INTERVALS) -> int:
    """Return the width in pixels that the numbers of a vertical axis and their ticks need."""
    labels = [label for _, label in ticks(low, high, intervals)]
    return math.ceil(max(font(TEXT_SIZE).getlength(label) for label in labels)) + 2 * TICK + 1


def _label(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"
