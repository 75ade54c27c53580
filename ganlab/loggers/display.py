"""What a run gives its loggers beside rows of numbers; a logger that has no place for it leaves it."""

from collections.abc import Iterator, Mapping
from functools import singledispatch

from PIL import Image
from pytorch_lightning.loggers import Logger
from torch import Tensor


@singledispatch
def show_picture(logger: Logger, name: str, picture: Image.Image, step: int) -> None:
    """Show a picture under a name that stays the same over steps."""


@singledispatch
def show_histograms(logger: Logger, values: Mapping[str, Tensor], step: int) -> None:
    """Show how values are spread, by name; a device is waited for only by who can show them."""


@singledispatch
def summarise(logger: Logger, facts: Mapping[str, float]) -> None:
    """Keep facts of the run as a whole, such as its best score, which replace those of the same name."""


@singledispatch
def end(logger: Logger) -> None:
    """Close a run whose status.json, and whatever else its directory holds, is final."""


def finite(values: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield, as one row of floats on the CPU, the values that have a place in a histogram, where there are some."""
    for name, each in values.items():
        row = each.detach().float().flatten()
        if len(kept := row[row.isfinite()].cpu()):
            yield name, kept
