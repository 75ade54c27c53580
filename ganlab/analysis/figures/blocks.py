"""What stands below the panels of a figure: a key of lines and their labels, and a note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from ganlab.analysis.figures.style import QUIET, SMALL
from ganlab.analysis.figures.texts import break_text, text_height, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, GAP = 0.05, 0.08  # inches
SAMPLE = 0.28  # length of the line of an entry, in inches
LINE_SPACING = 1.1
MAX_COLUMNS = 4


@final
@dataclass(frozen=True)
class Block:
    """Something of a known height in inches; `draw` draws it below a height above the figure's lower edge."""

    height: float
    draw: Callable[["Figure", float], None]


def note_block(text: str, width: float) -> Block:
    """Return a small text, broken to the width of the figure in inches."""
    broken = break_text(text, SMALL, width - 2 * MARGIN)

    def draw(figure: "Figure", top: float) -> None:
        x, y = MARGIN / figure.get_figwidth(), top / figure.get_figheight()
        figure.text(x, y, broken, size=SMALL, color=QUIET, va="top", linespacing=LINE_SPACING)

    return Block(text_height(broken, SMALL), draw)


def key_block(styles: Sequence[tuple[str, dict[str, Any]]], width: float) -> Block:
    """Return a line and a label for each style, in as many columns as fit the width of the figure in inches."""
    available = width - 2 * MARGIN
    beside_text = SAMPLE + 2 * GAP
    widest = max(text_width(label, SMALL) for label, _ in styles) + beside_text
    columns = max(1, min(MAX_COLUMNS, len(styles), int(available / widest)))
    column_width = available / columns
    labels = [break_text(label, SMALL, column_width - beside_text) for label, _ in styles]
    rows = [range(start, min(start + columns, len(styles))) for start in range(0, len(styles), columns)]
    heights = [max(text_height(labels[i], SMALL) for i in row) for row in rows]

    def draw(figure: "Figure", top: float) -> None:
        from matplotlib.lines import Line2D

        across, down = figure.get_figwidth(), figure.get_figheight()
        for row, height in zip(rows, heights, strict=True):
            middle = (top - text_height("", SMALL) / 2) / down  # of the first line of text
            for column, i in enumerate(row):
                left = MARGIN + column * column_width
                ends = [left / across, (left + SAMPLE) / across]
                figure.add_artist(Line2D(ends, [middle, middle], linewidth=1.4, **styles[i][1]))
                x = (left + SAMPLE + GAP) / across
                figure.text(x, top / down, labels[i], size=SMALL, va="top", linespacing=LINE_SPACING)
            top -= height

    return Block(sum(heights) + GAP, draw)


def new_figure(width: float, height: float, below: Sequence[Block], right: float = 0.0) -> "Figure":
    """Return a figure in inches whose panels have this height, with blocks below and free space on the right."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    reserved = sum(block.height for block in below) + (MARGIN if below else 0)
    total = height + reserved
    engine = ConstrainedLayoutEngine(rect=(0, reserved / total, 1 - right / width, height / total))
    figure = Figure(figsize=(width, total), layout=engine)
    top = reserved
    for block in below:
        block.draw(figure, top)
        top -= block.height
    return figure
