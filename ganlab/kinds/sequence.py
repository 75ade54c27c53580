"""Sequences of real numbers: one panel each, one line per channel, on equal axes."""

from dataclasses import dataclass
from typing import final

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import FRAME, INK
from ganlab.core.interfaces import Shape
from ganlab.kinds import axes, marks
from ganlab.kinds.arrangement import arrange
from ganlab.kinds.base import Kind, RealSamples, Sheet
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, Entry, add_header, draw_legend, font, legend_height, shorten

SHEET_SEQUENCES = 1000  # real sequences that determine the axes
MAX_PANELS = 16
WIDTH, PANEL, BETWEEN, BELOW = 800, 110, 8, 25  # pixels: of the sheet, height of a panel, between panels, for numbers
MARGIN = 0.08  # of the values, above and below
SMOOTHNESS, LINE_WIDTH = 3, 5  # lines are drawn so many times larger, for smooth edges, and this wide there
TOP = 8  # pixels above the panels, into which the highest number of an axis may reach
TIME_TICKS, VALUE_TICKS = 3, 4  # intervals on the axes of a panel, at most
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")  # of channels
NAME_LINE = 15  # pixels for the name of a class above a panel


@final
@dataclass(frozen=True)
class SequenceBackdrop:
    """The lowest and the highest value of real sequences."""

    low: float
    high: float


@final
class SequenceKind(Kind):
    """Sequences (length, channels) of real numbers."""

    name, plural = "sequence", "sequences (length, channels)"
    max_classes = 16

    def accepts(self, shape: Shape) -> bool:
        """Return whether the shape has two sides."""
        return isinstance(shape, tuple | list) and len(shape) == 2

    def backdrop(self, data: RealSamples) -> SequenceBackdrop:
        """Return the range of real sequences."""
        return _bounds(data.decoded_samples(SHEET_SEQUENCES).sample)

    def draw(self, sheet: Sheet, backdrop: SequenceBackdrop | None = None) -> Image.Image:
        """Plot the first 16 sequences of (n, length, channels); raises ValueError if there is none."""
        if not len(sheet):
            raise ValueError("a sample sheet needs at least one sequence, got 0")
        back = backdrop or _bounds(sheet.samples)
        shown = sheet.selection(MAX_PANELS)
        arrangement = arrange(shown)
        entries = _legend(sheet.samples.shape[2])
        top = legend_height(entries, WIDTH - 2 * PADDING) + TOP
        grid = _Grid(back, arrangement.columns, top, NAME_LINE if shown.labels is not None else 0)
        picture = Image.new("RGB", (WIDTH, grid.box(len(arrangement.rows), 0).top - grid.named + BELOW), "white")
        draw, values = ImageDraw.Draw(picture), shown.samples.detach().double().cpu().numpy()
        lowest = {column: row for row, column, _ in arrangement.places()}
        for row, column, index in arrangement.places():
            box = grid.box(row, column)
            picture.paste(_panel(values[index], box, grid.low, grid.high), (box.left, box.top))
            axes.draw_frame(draw, box)
            if shown.labels is not None:
                name = shorten(shown.class_name(int(shown.labels[index])), box.right - box.left)
                draw.text((box.left, box.top - NAME_LINE + 1), name, INK, font(TEXT_SIZE), anchor="lt")
            if column == 0:
                axes.draw_vertical_axis(draw, box, grid.low, grid.high, VALUE_TICKS)
            if row == lowest[column]:
                axes.draw_horizontal_axis(draw, box, 0, max(values.shape[1] - 1, 1), TIME_TICKS)
        draw_legend(draw, entries, PADDING, 0, WIDTH - 2 * PADDING)
        fact = f"{len(shown)} are shown" if len(shown) < len(sheet) else ""
        return add_header(picture, sheet.facts(fact, arrangement.fact))


@final
class _Grid:
    """Places of the panels of a sheet, and the range of their axes."""

    def __init__(self, back: SequenceBackdrop, columns: int, top: int, named: int) -> None:
        margin = MARGIN * (back.high - back.low)
        self.low, self.high = back.low - margin, back.high + margin
        self.left = axes.label_width(self.low, self.high, VALUE_TICKS) + PADDING
        self.across = (WIDTH - self.left - PADDING + BETWEEN) // columns
        self.top, self.named, self.down = top, named, PANEL + BETWEEN + named

    def box(self, row: int, column: int) -> axes.Box:
        """Return the place of a panel."""
        x, y = self.left + column * self.across, self.top + row * self.down + self.named
        return axes.Box(x, y, x + self.across - BETWEEN, y + PANEL)


def _bounds(sequences: Tensor) -> SequenceBackdrop:
    finite = sequences[sequences.isfinite()]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    return SequenceBackdrop(low, high) if high > low else SequenceBackdrop(low - 1, high + 1)


def _legend(channels: int) -> list[Entry]:
    """Return an entry per channel if there are several."""
    numbers = range(channels if channels > 1 else 0)
    return [Entry(f"channel {number + 1}", marks.line, COLOURS[number % len(COLOURS)]) for number in numbers]


def _panel(sequence: np.ndarray, box: axes.Box, low: float, high: float) -> Image.Image:
    """Draw one sequence (length, channels); values outside the axes and those that are not finite leave a gap."""
    width, height = box.right - box.left, box.bottom - box.top
    large = Image.new("RGB", (width * SMOOTHNESS, height * SMOOTHNESS), "white")
    draw = ImageDraw.Draw(large)
    level = large.height * high / (high - low)
    draw.line((0, level, large.width, level), FRAME, SMOOTHNESS)
    x = np.linspace(0, large.width, len(sequence))
    for number, channel in enumerate(sequence.T):
        y = np.clip((high - channel) / (high - low), -1, 2) * large.height
        colour = COLOURS[number % len(COLOURS)]
        for start in range(len(y) - 1):
            if np.isfinite(y[start : start + 2]).all():
                draw.line((x[start], y[start], x[start + 1], y[start + 1]), colour, LINE_WIDTH)
        if len(y) == 1 and np.isfinite(y[0]):
            draw.line((0, y[0], large.width, y[0]), colour, LINE_WIDTH)
    return large.resize((width, height), Image.Resampling.BOX)
