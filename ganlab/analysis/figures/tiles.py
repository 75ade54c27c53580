"""Pictures in rows with titles above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from PIL import Image

from ganlab.analysis.figures.blocks import MARGIN, Block, new_figure
from ganlab.analysis.figures.style import SMALL
from ganlab.analysis.figures.texts import break_text, text_height

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 0.06  # inches between pictures


@final
@dataclass(frozen=True)
class TileRow:
    """Pictures in a row, each with a title; `label` is written above the row if there are several rows."""

    label: str
    titles: Sequence[str]
    pictures: Sequence[Image.Image]


def draw_tiles(rows: Sequence[TileRow], width: float, below: Sequence[Block]) -> "Figure":
    """Return a figure of a width in inches; the pictures of all rows have the same width."""
    most = max(len(row.pictures) for row in rows)
    side = (width - 2 * MARGIN - (most - 1) * GAP) / most
    labels = [break_text(row.label, SMALL, width - 2 * MARGIN) if len(rows) > 1 else "" for row in rows]
    titles = [[break_text(title, SMALL, side) for title in row.titles] for row in rows]
    label_heights = [text_height(label, SMALL) + 0.02 if label else 0.0 for label in labels]
    title_heights = [max(text_height(title, SMALL) for title in row) + 0.02 for row in titles]
    heights = [max(side * picture.height / picture.width for picture in row.pictures) for row in rows]
    total = MARGIN + sum(label_heights) + sum(title_heights) + sum(heights) + GAP * len(rows)
    figure = new_figure(width, total, below)
    figure.set_layout_engine("none")
    top, full = figure.get_figheight() - MARGIN, figure.get_figheight()
    for row, label, label_height, row_titles, title_height, height in zip(
        rows, labels, label_heights, titles, title_heights, heights, strict=True
    ):
        if label:
            figure.text(MARGIN / width, top / full, label, size=SMALL, va="top", linespacing=1.1)
        top -= label_height
        for column, (title, picture) in enumerate(zip(row_titles, row.pictures, strict=True)):
            left = MARGIN + column * (side + GAP)
            figure.text((left + side / 2) / width, top / full, title, size=SMALL, ha="center", va="top")
            tall = side * picture.height / picture.width
            box = (left / width, (top - title_height - tall) / full, side / width, tall / full)
            axes = figure.add_axes(box)
            axes.imshow(np.asarray(picture.convert("RGB")), interpolation="antialiased", aspect="auto")
            axes.set_axis_off()
        top -= title_height + height + GAP
    return figure
