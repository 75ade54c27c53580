"""Points of one dimension: histograms of samples and of real points on one axis."""

from dataclasses import dataclass
from typing import final

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import FRAME, SAMPLE
from ganlab.core.interfaces import Shape
from ganlab.kinds import axes, marks
from ganlab.kinds.base import Kind, RealSamples, Sheet
from ganlab.kinds.density import BLUES
from ganlab.kinds.lettering import PADDING, Entry, add_header, draw_legend, legend_height

SHEET_NUMBERS = 100_000  # real numbers that determine the axis and the histogram
BINS = 102  # of a histogram
BIN_WIDTH, HEIGHT, RUG = 6, 160, 16  # pixels of a bin, of the histograms and of the strip with one line per sample
MARGIN, BELOW = 24, 25  # pixels to the left and right of the axis, and for its numbers
RUG_SAMPLES = 200  # more samples than this have no lines
REAL = BLUES[3]


@final
@dataclass(frozen=True)
class NumberBackdrop:
    """The lowest and the highest value of the axis, and the share of real numbers in each bin (BINS,)."""

    low: float
    high: float
    shares: np.ndarray


@final
class NumberKind(Kind):
    """Points of one dimension, such as the data of the Dirac-GAN."""

    name, plural = "number", "numbers (1,)"
    sheet_samples = 100_000

    def accepts(self, shape: Shape) -> bool:
        """Return whether the shape is (1,)."""
        return isinstance(shape, tuple | list) and len(shape) == 1 and shape[0] == 1

    def backdrop(self, data: RealSamples) -> NumberBackdrop:
        """Return the axis and the histogram of real numbers."""
        return _histogram(data.decoded_samples(SHEET_NUMBERS).sample)

    def draw(self, sheet: Sheet, backdrop: NumberBackdrop | None = None) -> Image.Image:
        """Draw histograms over one axis, and a line for each sample if there are few; counts samples outside."""
        numbers = sheet.samples.detach().double().cpu().flatten().numpy()
        back = backdrop or _histogram(sheet.samples.detach().cpu())
        inside = numbers[(numbers >= back.low) & (numbers <= back.high)]
        entries = [Entry(sheet.noun, marks.square, SAMPLE)]
        if backdrop is not None:
            entries.append(Entry("distribution of real samples", marks.square, REAL))
        width = BINS * BIN_WIDTH
        top = legend_height(entries, width) + PADDING
        box = axes.Box(MARGIN, top, MARGIN + width, top + HEIGHT + RUG)
        picture = Image.new("RGB", (width + 2 * MARGIN, box.bottom + BELOW), "white")
        draw = ImageDraw.Draw(picture)
        shares = _shares(inside, back.low, back.high, max(len(numbers), 1))
        real = back.shares if backdrop is not None else np.zeros(BINS)
        _draw_bars(draw, box, real, shares)
        for number in inside if len(inside) <= RUG_SAMPLES else []:
            x = box.left + (number - back.low) / (back.high - back.low) * width
            draw.line((x, box.bottom - RUG + 3, x, box.bottom - 2), SAMPLE)
        axes.draw_frame(draw, box)
        axes.draw_horizontal_axis(draw, box, back.low, back.high)
        draw_legend(draw, entries, MARGIN, 0, width)
        outside = len(numbers) - len(inside)
        return add_header(picture, sheet.facts(f"{outside:,} outside the axes" if outside else ""))


def _histogram(numbers: Tensor) -> NumberBackdrop:
    finite = numbers[numbers.isfinite()].double()
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    middle, half = (low + high) / 2, (high - low) * 0.6 or 1.25
    low, high = middle - half, middle + half
    return NumberBackdrop(low, high, _shares(finite.numpy(), low, high, max(len(finite), 1)))


def _shares(numbers: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    counts, _ = np.histogram(numbers, BINS, (low, high))
    return np.asarray(counts / count)


def _draw_bars(draw: ImageDraw.ImageDraw, box: axes.Box, real: np.ndarray, shares: np.ndarray) -> None:
    """Draw filled bars of real samples, and narrow bars of the others in front of them, on one scale."""
    floor, highest = box.bottom - RUG, max(float(real.max()), float(shares.max())) or 1.0
    for number, (behind, front) in enumerate(zip(real.tolist(), shares.tolist(), strict=True)):
        left = box.left + number * BIN_WIDTH
        for share, colour, inset in ((behind, REAL, 0), (front, SAMPLE, 2)):
            if share:
                upper = floor - 1 - (HEIGHT - PADDING) * share / highest
                draw.rectangle((left + inset, upper, left + BIN_WIDTH - 1 - inset, floor - 1), colour)
    draw.line((box.left, floor, box.right, floor), FRAME)
