"""Plots of a sweep: configurations as lines across their settings, and the importance of each setting."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab.core.file_replacement import replaced
from ganlab.sweeps.results.configurations import Configuration

UNSET = "as configured"
LOG_DECADES = 2  # positive values that span at least so many decades get a logarithmic scale
MAX_CHARACTERS = 12  # of the name of an option


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
    is_log = min(numbers) > 0 and max(numbers) / min(numbers) >= 10**LOG_DECADES
    return Variable(name, numbers, is_log=is_log)


def parallel_coordinates(path: Path, variables: Sequence[Variable], score: Variable, higher_is_better: bool) -> None:
    """Draw one line per configuration across all settings to its score; better lines are drawn over worse ones."""
    import numpy as np
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    axes = [*variables, score]
    figure = Figure(figsize=(max(4.0, 1.8 * len(axes)), 4.0), layout="constrained")
    plot = figure.subplots()
    colours = ScalarMappable(
        Normalize(min(score.scaled), max(score.scaled)), "viridis" if higher_is_better else "viridis_r"
    )
    shades = colours.to_rgba(np.array(score.scaled))
    order = sorted(range(len(score.values)), key=lambda i: score.values[i], reverse=not higher_is_better)
    heights = [_heights(variable) for variable in axes]
    for rank, i in enumerate(order):
        is_best = rank == len(order) - 1
        line = [column[i] for column in heights]
        plot.plot(range(len(axes)), line, color=shades[i], linewidth=3 if is_best else 1)
    for x, variable in enumerate(axes):
        plot.axvline(x, color="0.3", linewidth=0.8)
        for height, text in _ticks(variable):
            plot.annotate(text, (x, height), (3, 0), textcoords="offset points", fontsize=7, va="center", color="0.2")
    plot.set_xticks(range(len(axes)), [variable.name.replace(".", ".\n") for variable in axes], fontsize=8)
    plot.set_xlim(-0.1, len(axes) - 0.6)
    plot.set_yticks([])
    for spine in plot.spines.values():
        spine.set_visible(False)
    _save(figure, path)


def importance_bars(path: Path, shares: Mapping[str, float], score: str, method: str) -> None:
    """Draw one bar per setting with its share of the score's variance, in the order of `shares`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 0.6 + 0.4 * len(shares)), layout="constrained")
    plot = figure.subplots()
    bars = plot.barh(list(shares), list(shares.values()), color="tab:blue")
    plot.bar_label(bars, [f"{share:.2f}" for share in shares.values()], padding=3, fontsize=8)
    plot.invert_yaxis()
    plot.set_xlim(0, 1.1)
    plot.set_xlabel(f"share of the variance of {score} ({method})", fontsize=8)
    plot.tick_params(labelsize=8)
    _save(figure, path)


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
    return [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")] if high > low else [(0.5, f"{low:.4g}")]


def _save(figure: Any, path: Path) -> None:
    with replaced(path) as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
