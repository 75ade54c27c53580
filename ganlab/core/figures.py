"""Helpers for matplotlib figures; matplotlib (25 MiB of memory) is imported by the first figure, not before."""

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SAMPLE, FRAME = "#33415c", "#e4572e", "#c9d1de"


def new_figure(width: float, height: float, dpi: int) -> "Figure":
    """Return an empty figure; `width` and `height` are in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=dpi, layout="constrained")


def render(figure: "Figure") -> Image.Image:
    """Return the figure as an RGB image."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer, formats=["PNG"]).convert("RGB")


def simplify_axes(axes: "Axes") -> None:
    """Draw the axes with a light frame and small ticks."""
    axes.tick_params(labelsize=8, colors=INK, length=2)
    for spine in axes.spines.values():
        spine.set_color(FRAME)
