"""kind=scores: the final scores of each configuration as points with their 95 % intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganlab.analysis.comparison import Cell, Column, Table, compare, remarks
from ganlab.analysis.comparison.captions import caption, short_labels
from ganlab.analysis.figures.blocks import new_figure, note_block
from ganlab.analysis.figures.numbers import choose_log, limits, set_ticks
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.style import COLOURS, NORMAL, QUIET, SMALL, WIDTHS
from ganlab.analysis.figures.texts import break_text, text_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS_PER_ROW = {"column": 2, "page": 4}
LABEL_SHARE = {"column": 0.36, "page": 0.26}  # of the width of the figure, at most
ROW_HEIGHT = 0.17  # inches, at least
AXIS_HEIGHT = 0.42  # inches: ticks and name of the score
MARKER = 3.6  # points
REACH = 0.6  # of the spread of the values: how far an interval is drawn beyond them
ARROWS = {True: " ↑", False: " ↓", None: ""}
MEANINGS = {True: "↑ higher is better", False: "↓ lower is better", None: ""}
TICKS = 3


def draw_scores(request: FigureRequest) -> Drawing:
    """Draw the rows of `ganlab compare`, a panel for each score; raises UserError if there is nothing to compare."""
    by = request.metrics[0] if request.metrics else None
    comparison = compare(request.paths, by, request.protocol, request.metrics)
    table = comparison.tables[0]
    notes = remarks(comparison)
    if len(comparison.tables) > 1:
        notes.insert(
            0, f"the figure shows the first of {len(comparison.tables)} tables, which differ in their protocols"
        )
    columns = table.columns if request.metrics else (table.by,)
    width = WIDTHS[request.size]
    across = min(len(columns), PANELS_PER_ROW[request.size])
    rows = -(-len(columns) // across)
    labels = [break_text(label, SMALL, LABEL_SHARE[request.size] * width) for label in short_labels(table)]
    heights = [max(ROW_HEIGHT, text_height(label, SMALL) + 0.04) for label in labels]
    below = [note_block(_note(table, columns, request.scale), width)]
    figure = new_figure(width, rows * (sum(heights) + AXIS_HEIGHT), below)
    grid = list(figure.subplots(rows, across, squeeze=False).flat)
    positions = [sum(heights[:i]) + heights[i] / 2 for i in range(len(heights))]
    for number, (axes, column) in enumerate(zip(grid, columns, strict=False)):
        _draw_panel(axes, column, table, positions, request.scale)
        axes.set_ylim(sum(heights), 0)
        axes.set_yticks(positions, labels if number % across == 0 else [""] * len(labels), fontsize=SMALL)
    for axes in grid[len(columns) :]:
        axes.remove()
    return Drawing(figure, notes)


def _draw_panel(axes: "Axes", column: Column, table: Table, positions: Sequence[float], scale: str) -> None:
    is_log, ends = _choose_scale(column, table, scale)
    axes.set_autoscale_on(False)
    axes.set_xlim(ends)
    if is_log:
        axes.set_xscale("log")
    for row, y in zip(table.rows, positions, strict=True):
        if column.name in row.cells:
            _draw_cell(axes, row.cells[column.name], y, ends)
    floor = table.floor.get(column.score)
    if floor is not None:
        axes.axvline(floor, color=QUIET, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0)
    axes.tick_params(axis="y", length=0, pad=MARKER + 1)  # an arrowhead may stand next to a label
    axes.grid(axis="y", color="#ececec", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(column.name + ARROWS[column.higher_is_better], fontsize=NORMAL)
    set_ticks(axes.xaxis, is_log, TICKS)


def _cells(column: Column, table: Table) -> list[Cell]:
    return [row.cells[column.name] for row in table.rows if column.name in row.cells]


def _choose_scale(column: Column, table: Table, scale: str) -> tuple[bool, tuple[float, float]]:
    """Return whether the axis of a score is logarithmic, and its ends."""
    cells = _cells(column, table)
    values = [value for cell in cells for value in cell.numbers]
    values += [table.floor[column.score]] if column.score in table.floor else []
    is_log = choose_log(values, scale, column.name)
    return is_log, _ends(cells, values, is_log)


def _leaves(cell: Cell, ends: tuple[float, float]) -> tuple[bool, bool]:
    """Return whether an interval goes on beyond the lower and the upper end of its axis."""
    return cell.low is not None and cell.low < ends[0], cell.high is not None and cell.high > ends[1]


def _ends(cells: Sequence[Cell], values: Sequence[float], is_log: bool) -> tuple[float, float]:
    """Return the ends of the axis: all values, and what lies near them of the intervals."""
    low, high = limits([value for value in values if value > 0] if is_log else values, is_log)
    if is_log:
        return low, high
    reach = REACH * (high - low)
    lows = [cell.low for cell in cells if cell.low is not None]
    highs = [cell.high for cell in cells if cell.high is not None]
    shown = [*values, *(max(edge, low - reach) for edge in lows), *(min(edge, high + reach) for edge in highs)]
    return limits(shown, is_log)


def _draw_cell(axes: "Axes", cell: Cell, y: float, ends: tuple[float, float]) -> None:
    """Draw a mean, its interval, and the seeds; an interval that leaves the panel ends in a pointed mark."""
    colour = COLOURS[0]
    if cell.low is not None and cell.high is not None:
        low, high = max(cell.low, ends[0]), min(cell.high, ends[1])
        style = "-" if cell.over == "seeds" else (0, (3, 1.5))
        axes.plot([low, high], [y, y], color=colour, linewidth=1.1, linestyle=style, solid_capstyle="butt")
        for leaves, end, mark in zip(_leaves(cell, ends), ends, "<>", strict=True):
            if leaves:
                axes.plot([end], [y], mark, color=colour, markersize=MARKER, clip_on=False)
    if len(cell.values) > 1:
        axes.plot(cell.numbers, [y] * len(cell.values), "|", color=colour, markersize=5, markeredgewidth=0.6, alpha=0.6)
    axes.plot([cell.mean], [y], "o", color=colour, markersize=MARKER, markeredgecolor="white", markeredgewidth=0.5)


def _note(table: Table, columns: Sequence[Column], scale: str) -> str:
    """Return what points and lines mean, and under which protocol they were measured."""
    cells = [cell for column in columns for cell in _cells(column, table)]
    ends = {column.name: _choose_scale(column, table, scale)[1] for column in columns}
    numbers = sorted({len(cell.values) for cell in cells})
    parts = []
    if any(cell.over == "seeds" for cell in cells):
        count = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        parts.append(f"point and line: mean and its 95 % interval over {count} seeds (ticks)")
    if any(cell.over == "run" for cell in cells):
        parts.append("dashed line: 95 % interval of one run, without the variation between seeds")
    if any(cell.over == "nothing" for cell in cells):
        parts.append("point without a line: one seed")
    if any(any(_leaves(cell, ends[column.name])) for column in columns for cell in _cells(column, table)):
        parts.append("arrowhead: the interval goes on")
    if any(column.score in table.floor for column in columns):
        parts.append("dotted: real samples")
    parts += filter(None, dict.fromkeys(MEANINGS[column.higher_is_better] for column in columns))
    protocol, _, rest = caption(table).partition("; rows by")
    shared = rest.partition("; all have ")[2]
    return "; ".join([*parts, protocol, *([f"all have {shared}"] if shared else [])])
