"""docs/dirac.png: six ways to play the same game."""

from pathlib import Path

from dirac_cells import Cell, Finding, examine, travel

from ganlab.core.figures import INK, new_figure
from ganlab.games.theory import draw_orbit

COLOURS = {"converges": "#2a9d8f", "circles": "#e0a030", "diverges": "#d1495b", "misses": "#7b6d8d"}
SHOWN = (
    Cell("wasserstein", "none", "simultaneous", "sgd"),
    Cell("wasserstein", "none", "alternating", "sgd"),
    Cell("wasserstein", "r1", "alternating", "sgd"),
    Cell("wasserstein", "gradient_penalty", "alternating", "sgd"),
    Cell("wasserstein", "none", "simultaneous", "extragradient_sgd"),
    Cell("non_saturating", "none", "alternating", "sgd"),
    Cell("non_saturating", "none", "alternating", "adam"),
    Cell("least_squares", "none", "alternating", "sgd"),
)
LARGEST = 4.0  # distance, in parts of the first one, up to which a growing spiral is drawn
COLUMNS = 4


def picture(path: Path) -> None:
    """Draw the paths and save them."""
    figure = new_figure(13, 7, dpi=100)
    for axes, cell in zip(figure.subplots(len(SHOWN) // COLUMNS, COLUMNS).flat, SHOWN, strict=True):
        found: Finding = examine(cell)
        draw_orbit(axes, travel(cell, decided=(0.0, LARGEST)), COLOURS[found.behaviour])
        regularizer = "" if cell.regularizer == "none" else f" + {cell.regularizer}"
        number = rf"$\rho$ = {found.radius:.4f}" if isinstance(found.radius, float) else found.radius
        axes.set_title(
            f"{cell.loss}{regularizer}\n{cell.optimizer}, {cell.schedule}", fontsize=10, color=INK, loc="left"
        )
        axes.set_xlabel(f"{found.behaviour},  {number}", fontsize=10, color=COLOURS[found.behaviour])
    figure.supxlabel("θ", fontsize=11, color=INK)
    figure.supylabel("ψ", fontsize=11, color=INK)
    figure.savefig(path, metadata={"Software": None})
