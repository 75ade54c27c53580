"""Plots of a sweep: configurations as lines across their settings, and the importance of each setting."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.analysis.figures.numbers import needs_log
from ganlab.analysis.figures.style import COLOURS, FRAME, NORMAL, SMALL, WIDTHS, figure_style, save_figure
from ganlab.analysis.figures.texts import break_text, text_height, text_width
from ganlab.sweeps.results.configurations import Configuration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNSET = "as configured"
MAX_CHARACTERS = 24  # of the name of an option
HEIGHT, SPACING = 2.6, 1.2  # inches: of the axes, and between them
MARGIN, SPACE = 0.12, 0.05  # inches: around the figure, and between a text and a line


@dataclass(frozen=True)
class Variable:
    """The values of one setting or score over configurations; without numbers, they are indices into `options`."""

    name: str
    values: tuple[float, ...]
    options: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def scaled(self) -> list[float]:
        """The values, or their decimal logarithms if the scale is logarithmic."""
        return [math.log10(value) for value in self.values] if self.is_log else list(self.values)


def read_variables(configurations: Sequence[Configuration], names: Sequence[str]) -> list[Variable]:
    """Return a variable for each named setting in which configurations differ."""
    settings = [
        dict(override.lstrip("+").split("=", 1) for override in configuration.overrides if "=" in override)
        for configuration in configurations
    ]
    variables = [parse_variable(name, [values.get(name, UNSET) for values in settings]) for name in names]
    return [variable for variable in variables if len(set(variable.values)) > 1]


def parse_variable(name: str, texts: Sequence[str]) -> Variable:
    """Return a variable with the numbers in `texts`; unless all are finite numbers, each distinct text is an option."""
    try:
        numbers = tuple(float(text) for text in texts)
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        index = {text: float(i) for i, text in enumerate(dict.fromkeys(texts))}
        return Variable(name, tuple(index[text] for text in texts), tuple(index))
    return Variable(name, numbers, is_log=needs_log(numbers))


def parallel_coordinates(path: Path, variables: Sequence[Variable], score: Variable, higher_is_better: bool) -> None:
    """Draw one line per configuration across all settings to its score; better lines are drawn over worse ones."""
    with figure_style():
        save_figure(draw_parallel_coordinates([*variables, score], higher_is_better), path)


def draw_parallel_coordinates(variables: Sequence[Variable], higher_is_better: bool) -> "Figure":
    """Return the figure of settings and, last, the score, inside `figure_style`.

    Lines leave room for the names of options, and numbers stand above and below their axis, so no text is on a line.
    """
    from matplotlib.figure import Figure

    gaps = [_gap(variable) for variable in variables]
    names = [break_text(variable.name, NORMAL, SPACING) for variable in variables]
    reach = [
        max(gap, _width(name) / 2, *(text_width(text, SMALL) / 2 for _, text in _ticks(variable)))
        for gap, name, variable in zip(gaps, names, variables, strict=True)
    ]
    positions = [MARGIN + reach[0]]
    for left, right in pairwise(gaps):
        positions.append(positions[-1] + left + SPACING + right)
    below = text_height("", SMALL) + max(text_height(name, NORMAL) for name in names)
    width, height = positions[-1] + reach[-1] + MARGIN, HEIGHT + below + 2 * MARGIN + text_height("", SMALL)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    bottom = MARGIN + below
    heights = [[bottom + HEIGHT * value for value in _heights(variable)] for variable in variables]
    _draw_lines(axes, positions, gaps, heights, variables[-1], higher_is_better)
    for x, variable, name in zip(positions, variables, names, strict=True):
        if not variable.options:
            axes.plot([x, x], [bottom, bottom + HEIGHT], color=FRAME, linewidth=0.8, zorder=0)
        for level, text in _ticks(variable):
            outside = {0.0: -SPACE, 1.0: SPACE}.get(level, 0.0) if not variable.options else 0.0
            aligned = {0.0: "top", 1.0: "bottom"}.get(level, "center") if not variable.options else "center"
            axes.text(x, bottom + HEIGHT * level + outside, text, size=SMALL, ha="center", va=aligned)
        axes.text(x, bottom - text_height("", SMALL) - SPACE, name, size=NORMAL, ha="center", va="top")
    return figure


def _draw_lines(
    axes: "Axes",
    positions: Sequence[float],
    gaps: Sequence[float],
    heights: Sequence[Sequence[float]],
    score: Variable,
    higher_is_better: bool,
) -> None:
    import numpy as np
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    limits = Normalize(min(score.scaled), max(score.scaled))
    shades = ScalarMappable(limits, "viridis" if higher_is_better else "viridis_r").to_rgba(np.array(score.scaled))
    order = sorted(range(len(score.values)), key=lambda i: score.values[i], reverse=not higher_is_better)
    for i in order:
        width = 3 if i == order[-1] else 1
        for left, right in pairwise(range(len(positions))):
            xs = (positions[left] + gaps[left], positions[right] - gaps[right])
            axes.plot(xs, (heights[left][i], heights[right][i]), color=shades[i], linewidth=width)


def importance_bars(path: Path, shares: Mapping[str, float], score: str, method: str) -> None:
    """Draw one bar per setting with its share of the score's variance, in the order of `shares`."""
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure(figsize=(WIDTHS["page"], 0.6 + 0.3 * len(shares)), layout="constrained")
        plot = figure.subplots()
        bars = plot.barh(list(shares), list(shares.values()), color=COLOURS[0], height=0.6)
        plot.bar_label(bars, [f"{share:.2f}" for share in shares.values()], padding=3, fontsize=SMALL)
        plot.invert_yaxis()
        plot.set_xlim(0, 1.1)
        plot.set_xlabel(f"share of the variance of {score} ({method})", fontsize=NORMAL)
        save_figure(figure, path)


def _gap(variable: Variable) -> float:
    """Return the distance in inches that lines keep from an axis for the names of its options."""
    return max((text_width(text, SMALL) / 2 + SPACE for _, text in _ticks(variable) if variable.options), default=0.0)


def _width(name: str) -> float:
    """Return the width of a name below an axis in inches."""
    return max(text_width(line, NORMAL) for line in name.splitlines())


def _heights(variable: Variable) -> list[float]:
    """Return the values scaled to [0, 1], 0.5 if all are equal."""
    low, high = min(variable.scaled), max(variable.scaled)
    return [(value - low) / (high - low) if high > low else 0.5 for value in variable.scaled]


def _ticks(variable: Variable) -> list[tuple[float, str]]:
    """Return the height and the label of each tick of an axis."""
    if variable.options:
        last = max(1, len(variable.options) - 1)
        return [(i / last, text[:MAX_CHARACTERS]) for i, text in enumerate(variable.options)]
    low, high = min(variable.values), max(variable.values)
    return [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")] if high > low else [(1.0, f"{low:.4g}")]
