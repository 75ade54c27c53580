"""Labels at the right ends of lines, outside the panel, connected to the lines and apart from each other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ganlab.analysis.figures.series import Series
from ganlab.analysis.figures.style import SMALL
from ganlab.analysis.figures.texts import break_text, spread, text_height, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_SHARE = 0.36  # of the width of a figure that labels may take
MAX_LINES = 3  # of a label
LEADER, GAP = 0.14, 0.03  # inches: the connection of a line and its label, and the space around it


def label_space(series: Sequence[Series], width: float, height: float) -> float:
    """Return the space in inches that labels need at the right of a panel; 0 if a key below it fits better.

    Labels must be short enough, fit the height of the panel, and all lines must reach its right edge.
    """
    most = MAX_SHARE * width - LEADER - 2 * GAP
    broken = [break_text(one.label, SMALL, most) for one in series]
    last = max(one.x.max() for one in series)
    first = min(one.x.min() for one in series)
    reach = all(one.x.max() >= last - 0.01 * (last - first) and np.isfinite(one.mean[-1]) for one in series)
    is_short = all(text.count("\n") < MAX_LINES for text in broken)
    if not (reach and is_short and sum(text_height(text, SMALL) for text in broken) <= 0.7 * height):
        return 0.0
    return LEADER + 2 * GAP + max(text_width(line, SMALL) for text in broken for line in text.splitlines())


def label_lines(
    figure: "Figure", axes: "Axes", series: Sequence[Series], styles: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write the labels of lines in the free space at the right of a panel, whose position is then fixed."""
    from matplotlib.lines import Line2D

    figure.draw_without_rendering()  # decides where the panel is
    figure.set_layout_engine("none")
    across, down = figure.get_figwidth(), figure.get_figheight()
    box = axes.get_position()
    left = box.x1 * across
    low, high = box.y0 * down, box.y1 * down
    ends = [float(axes.transData.transform((one.x[-1], one.mean[-1]))[1]) / figure.dpi for one in series]
    ends = [min(max(end, low), high) for end in ends]  # a value of 0 is below every logarithmic axis
    broken = [break_text(one.label, SMALL, across - left - LEADER - 2 * GAP) for one in series]
    heights = [text_height(text, SMALL) for text in broken]
    centres = spread(ends, heights, low - heights[0], high + heights[0])
    for one, text, end, centre in zip(series, broken, ends, centres, strict=True):
        colour = styles[one.label]["color"]
        xs = [(left + GAP) / across, (left + GAP + LEADER) / across]
        figure.add_artist(Line2D(xs, [end / down, centre / down], color=colour, linewidth=0.8))
        x = (left + LEADER + 2 * GAP) / across
        figure.text(x, centre / down, text, size=SMALL, va="center", linespacing=1.1)
