"""Curves of scores and losses over training: a mean and a band for each group of seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from ganlab.analysis.figures.blocks import key_block, new_figure, note_block
from ganlab.analysis.figures.direct_labels import label_lines, label_space
from ganlab.analysis.figures.histories import FLOOR, SCORE, X_AXES, History
from ganlab.analysis.figures.numbers import choose_log, limits, set_ticks
from ganlab.analysis.figures.series import BANDS, Series
from ganlab.analysis.figures.style import NORMAL, QUIET, WIDTHS, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 1.75  # inches
PANELS_PER_ROW = {"column": 1, "page": 3}
TICKS = 5
REACH = 5  # how far below and above its lines a band is shown on a logarithmic scale
FAINT = 0.18  # opacity of a band


@final
@dataclass(frozen=True)
class CurvePanel:
    """The curves of one column, named as `name` on the axis; `floor` is its value for real samples, if it has one."""

    name: str
    series: Sequence[Series]
    floor: float | None = None
    differing: Sequence[str] = ()  # fields in which the protocols of the lines differ


@final
@dataclass(frozen=True)
class CurveOptions:
    """How curves are drawn."""

    x: str = "step"
    band: str = "range"
    scale: str = "auto"
    size: str = "column"
    labels: Sequence[str] = field(default_factory=tuple)  # of all groups, in the order of their colours


def floor_of(column: str, histories: Sequence[History]) -> float | None:
    """Return the score of real samples that the runs have measured, None if they have none or different ones."""
    name = FLOOR + column.removeprefix(SCORE)
    values = {float(value) for history in histories for value in history.curve(name, "step")[1][-1:]}
    return values.pop() if len(values) == 1 and column.startswith(SCORE) else None


def draw_curves(panels: Sequence[CurvePanel], options: CurveOptions) -> "Figure":
    """Return a figure with a panel for each column, inside `figure_style`."""
    across = min(len(panels), PANELS_PER_ROW[options.size])
    rows = -(-len(panels) // across)
    width, height = WIDTHS[options.size], PANEL_HEIGHT * rows
    styles = {label: line_style(number) for number, label in enumerate(options.labels)}
    right = label_space(panels[0].series, width, height) if len(panels) == 1 else 0.0
    below = [note_block(_note(panels, options), width)]
    if not right:
        below.insert(0, key_block(list(styles.items()), width))
    figure = new_figure(width, height, below, right)
    grid = list(figure.subplots(rows, across, squeeze=False).flat)
    for axes, panel in zip(grid, panels, strict=False):
        _draw_panel(axes, panel, options)
    for axes in grid[len(panels) :]:
        axes.remove()
    if right:
        label_lines(figure, grid[0], panels[0].series, styles)
    return figure


def _draw_panel(axes: "Axes", panel: CurvePanel, options: CurveOptions) -> None:
    styles = {label: line_style(number) for number, label in enumerate(options.labels)}
    values = [value for series in panel.series for value in series.mean]
    values += [] if panel.floor is None else [panel.floor]
    edges = [value for series in panel.series for edge in (series.low, series.high) for value in edge]
    is_log = choose_log(values, options.scale, panel.name)
    if is_log:  # an interval may reach down to 0, which is infinitely far away
        values = [value for value in values if value > 0]
        edges = [min(max(edge, min(values) / REACH), max(values) * REACH) for edge in edges]
    axes.set_autoscale_on(False)
    axes.set_ylim(limits([*values, *edges], is_log))
    if is_log:
        axes.set_yscale("log")
    for series in panel.series:
        style: dict[str, Any] = styles[series.label]
        axes.fill_between(series.x, series.low, series.high, color=style["color"], alpha=FAINT, linewidth=0)
        marker = "o" if len(series.x) == 1 else ""
        axes.plot(series.x, series.mean, marker=marker, markersize=3, label=series.label, **style)
    if panel.floor is not None:
        axes.axhline(panel.floor, color=QUIET, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0)
    axes.set_xlim(_x_limits(panel.series))
    axes.set_ylabel(panel.name, fontsize=NORMAL)
    axes.set_xlabel(X_AXES[options.x], fontsize=NORMAL)
    set_ticks(axes.xaxis, False, TICKS - 1 if options.size == "page" else TICKS)
    set_ticks(axes.yaxis, is_log, TICKS)


def _x_limits(series: Sequence[Series]) -> tuple[float, float]:
    low, high = min(one.x.min() for one in series), max(one.x.max() for one in series)
    return (low, high) if high > low else limits([low], False)


def _note(panels: Sequence[CurvePanel], options: CurveOptions) -> str:
    """Return what lines, bands and dots mean."""
    numbers = sorted({series.n for panel in panels for series in panel.series})
    if numbers == [1]:
        parts = ["line: one seed"]
    else:
        count = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        parts = [f"line: mean of {count} seeds", BANDS[options.band]]
    if any(panel.floor is not None for panel in panels):
        parts.append("dotted: real samples")
    differing = dict.fromkeys(field for panel in panels for field in panel.differing)
    if differing:
        parts.append(f"not comparable: protocols differ in {', '.join(differing)}")
    return "; ".join(part for part in parts if part)
