"""Grids of panels with common axes, such as the spectrograms of a sheet of sounds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import INK
from ganlab.kinds import axes
from ganlab.kinds.arrangement import arrange
from ganlab.kinds.base import Sheet
from ganlab.kinds.density import BLUES, rgb
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, add_header, font, shorten

MAX_PANELS = 16
WIDTH, BETWEEN, ROWS = 800, 18, 10  # pixels: of a sheet, between columns and between rows
BELOW, NAME_LINE = 25, 15  # pixels for the numbers of an axis, and for a name above a panel
TIME_TICKS = 4  # intervals on the axis of time, at most

# Draws a sample into a box, and its vertical axis if it is one of the first column.
DrawPanel = Callable[[Image.Image, Tensor, axes.Box, bool], None]


@final
@dataclass(frozen=True)
class Panels:
    """Panels of `height` pixels over an axis of time of `seconds`, with `left` pixels for the numbers of other axes."""

    height: int
    seconds: float
    left: int

    def draw(self, sheet: Sheet, draw_panel: DrawPanel, *facts: str) -> Image.Image:
        """Return the picture of the first 16 samples of a sheet, which must have one, with their classes or captions.

        `facts` are further parts of the first line.
        """
        shown = sheet.selection(MAX_PANELS)
        arrangement = arrange(shown)
        named = NAME_LINE if shown.labels is not None or arrangement.captions else 0
        across = (WIDTH - self.left - PADDING + BETWEEN) // arrangement.columns
        down = self.height + ROWS + named
        picture = Image.new("RGB", (WIDTH, len(arrangement.rows) * down + BELOW), "white")
        draw = ImageDraw.Draw(picture)
        lowest = {column: row for row, column, _ in arrangement.places()}
        for row, column, index in arrangement.places():
            x, y = self.left + column * across, row * down + named
            box = axes.Box(x, y, x + across - BETWEEN, y + self.height)
            draw_panel(picture, shown.samples[index], box, column == 0)
            text = shown.class_name(int(shown.labels[index])) if shown.labels is not None else ""
            name = shorten(arrangement.captions.get(index, text), box.right - box.left)
            draw.text((x, y - NAME_LINE + 1), name, INK, font(TEXT_SIZE), anchor="lt")
            if row == lowest[column]:
                axes.draw_horizontal_axis(draw, box, 0, self.seconds, TIME_TICKS)
        fact = f"{len(shown)} are shown" if len(shown) < len(sheet) else ""
        return add_header(picture, sheet.facts(fact, arrangement.fact, *facts))


def paste_spectrogram(picture: Image.Image, levels: np.ndarray, box: axes.Box) -> None:
    """Draw levels (frequencies, frames) from 0, which is white, to 1, with the lowest frequency at the lower side."""
    stops, blues = np.linspace(0, 1, len(BLUES)), np.stack([rgb(colour) for colour in ("#ffffff", *BLUES[1:])], 1)
    shares = np.clip(levels, 0, 1)[::-1]
    colours = np.stack([np.interp(shares, stops, channel) for channel in blues], axis=-1)
    image = Image.fromarray(colours.round().astype(np.uint8), "RGB")
    resized = image.resize((box.right - box.left, box.bottom - box.top), Image.Resampling.BOX)
    picture.paste(resized, (box.left, box.top))
    axes.draw_frame(ImageDraw.Draw(picture), box)
