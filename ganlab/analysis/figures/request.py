"""What a user asks of a figure, and what drawing it gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@final
@dataclass(frozen=True)
class FigureRequest:
    """The runs to show and the settings of `ganlab plot`; each kind of figure reads those that it has."""

    paths: Sequence[str]
    metrics: Sequence[str] = ()
    x: str = "step"
    band: str = "range"
    scale: str = "auto"
    size: str = "column"
    protocol: str | None = None
    count: int = 5
    n: int = 0


@final
@dataclass(frozen=True)
class Drawing:
    """A figure, and sentences about what it does not show."""

    figure: "Figure"
    notes: Sequence[str] = ()
