"""Draws docs/reports/dirac.png: the paths of eight Dirac-GANs."""

from pathlib import Path

from dirac_cells import Cell, Finding, examine, train_path

from ganlab.core.figures import INK, new_figure
from ganlab.games.theory import draw_orbit

COLOURS = {"converges": "#2a9d8f", "circles": "#e0a030", "diverges": "#d1495b", "misses": "#7b6d8d"}
CELLS = (
    Cell("wasserstein", "none", "simultaneous", "sgd"),
    Cell("wasserstein", "none", "alternating", "sgd"),
    Cell("wasserstein", "r1", "alternating", "sgd"),
    Cell("wasserstein", "gradient_penalty", "alternating", "sgd"),
    Cell("wasserstein", "none", "simultaneous", "extragradient_sgd"),
    Cell("non_saturating", "none", "alternating", "sgd"),
    Cell("non_saturating", "none", "alternating", "adam"),
    Cell("least_squares", "none", "alternating", "sgd"),
)
MAX_DISTANCE = 4.0  # in units of the first distance; a growing spiral is drawn up to it
COLUMNS = 4


def picture(path: Path) -> None:
    """Draw the paths and save them."""
    figure = new_figure(13, 7, dpi=100)
    for axes, cell in zip(figure.subplots(len(CELLS) // COLUMNS, COLUMNS).flat, CELLS, strict=True):
        finding: Finding = examine(cell)
        colour = COLOURS[finding.behaviour]
        draw_orbit(axes, train_path(cell, undecided=(0.0, MAX_DISTANCE)), colour)
        regularizer = "" if cell.regularizer == "none" else f" + {cell.regularizer}"
        number = rf"$\rho$ = {finding.radius:.4f}" if isinstance(finding.radius, float) else finding.radius
        axes.set_title(
            f"{cell.loss}{regularizer}\n{cell.optimizer}, {cell.schedule}", fontsize=10, color=INK, loc="left"
        )
        axes.set_xlabel(f"{finding.behaviour},  {number}", fontsize=10, color=colour)
    figure.supxlabel("θ", fontsize=11, color=INK)
    figure.supylabel("ψ", fontsize=11, color=INK)
    figure.savefig(path, metadata={"Software": None})
