"""Plots of the path of two weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from ganlab.core.figures import FRAME, INK, SAMPLE, new_figure, render, simplify_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_orbit(steps: Tensor, numbers: Tensor, across: int, up: int, names: Sequence[str]) -> Image.Image:
    """Plot the path of two numbers in their plane, and the distance of all numbers from 0 over the steps.

    `steps` has shape (rows,) and `numbers` (rows, len(names)); `across` and `up` are the indices of the two numbers.
    """
    figure = new_figure(10, 5, dpi=100)
    plane, distance = figure.subplots(1, 2)
    draw_orbit(plane, numbers[:, [across, up]])
    plane.set(xlabel=names[across], ylabel=names[up])
    distance.plot(steps.numpy(), numbers.norm(dim=1).clamp_min(1e-300).numpy(), color=SAMPLE, linewidth=1.2)
    distance.set(yscale="log", xlabel="step", ylabel="distance from 0")
    simplify_axes(distance)
    return render(figure)


def draw_orbit(axes: "Axes", path: Tensor, color: str = SAMPLE) -> None:
    """Draw a path (rows, 2), with a ring at its start, a dot at its end, and a cross at 0."""
    x, y = path.numpy().T
    axes.axhline(0, color=FRAME, linewidth=0.8, zorder=0)
    axes.axvline(0, color=FRAME, linewidth=0.8, zorder=0)
    axes.plot(x, y, color=color, linewidth=0.9)
    axes.plot(x[:1], y[:1], "o", markerfacecolor="white", color=color, markersize=6)
    axes.plot(x[-1:], y[-1:], "o", color=color, markersize=6)
    axes.plot([0], [0], "+", color=INK, markersize=9)
    axes.set_aspect("equal", adjustable="datalim")
    simplify_axes(axes)
