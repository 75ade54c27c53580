"""Pictures of a sweep: configurations as lines across their settings, and how much each setting matters."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.sweeps.results.variables import Variable

SHOWN = 12  # characters of an option


def parallel_coordinates(path: Path, variables: Sequence[Variable], score: Variable, higher_is_better: bool) -> None:
    """Draw a line for each configuration from setting to setting to its score; better ones lie above worse ones."""
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
    places = [_places(each) for each in axes]
    for rank, i in enumerate(order):
        is_best = rank == len(order) - 1
        heights = [place[i] for place in places]
        plot.plot(range(len(axes)), heights, color=shades[i], linewidth=3 if is_best else 1)
    for x, each in enumerate(axes):
        plot.axvline(x, color="0.3", linewidth=0.8)
        for height, text in _ticks(each):
            plot.annotate(text, (x, height), (3, 0), textcoords="offset points", fontsize=7, va="center", color="0.2")
    plot.set_xticks(range(len(axes)), [each.name.replace(".", ".\n") for each in axes], fontsize=8)
    plot.set_xlim(-0.1, len(axes) - 0.6)
    plot.set_yticks([])
    for side in plot.spines.values():
        side.set_visible(False)
    _save(figure, path)


def importance_bars(path: Path, shares: Mapping[str, float], score: str, method: str) -> None:
    """Draw a bar for each setting, the most important one first."""
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


def _places(variable: Variable) -> list[float]:
    low, high = min(variable.scaled), max(variable.scaled)
    return [(value - low) / (high - low) if high > low else 0.5 for value in variable.scaled]


def _ticks(variable: Variable) -> list[tuple[float, str]]:
    if variable.options:
        last = max(1, len(variable.options) - 1)
        return [(i / last, text[:SHOWN]) for i, text in enumerate(variable.options)]
    low, high = min(variable.values), max(variable.values)
    return [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")] if high > low else [(0.5, f"{low:.4g}")]


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=150, metadata={"Software": None})
