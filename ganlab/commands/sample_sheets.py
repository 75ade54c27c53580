"""Pictures of samples for those who have no data set at hand."""

import csv
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ganlab.data.sheets import Density, image_grid, panels, picture, scatter

SHEET = 64  # samples on a sheet


def write_pictures(samples: Tensor, folder: Path, classes: Sequence[str] = ()) -> None:
    """Write sheet.png and, for images (n, channels, height, width), one PNG each in images/, with its classes.csv."""
    _DRAW[samples.ndim](samples, folder, classes)


def _images(samples: Tensor, folder: Path, classes: Sequence[str]) -> None:
    digits, single = len(str(len(samples) - 1)), folder / "images"  # apart from the sheet, so that they can be scored
    single.mkdir(exist_ok=True)
    for i, sample in enumerate(samples):
        picture(sample).save(single / f"{i:0{digits}}.png")
    if classes:
        with (single / "classes.csv").open("w", newline="") as file:
            csv.writer(file).writerows((f"{i:0{digits}}.png", name) for i, name in enumerate(classes))
    image_grid(samples[:SHEET]).save(folder / "sheet.png")


def _sequences(samples: Tensor, folder: Path, classes: Sequence[str]) -> None:
    bounds = (float(samples.min()), float(samples.max()))
    panels(samples[:SHEET], bounds).save(folder / "sheet.png")


def _points(samples: Tensor, folder: Path, classes: Sequence[str]) -> None:
    scatter(samples, Density(samples)).save(folder / "sheet.png")


_DRAW = {4: _images, 3: _sequences, 2: _points}
