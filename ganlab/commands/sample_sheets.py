"""Pictures of generated samples, drawn without the data set."""

import csv
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ganlab.data.point_sheets import Density, scatter
from ganlab.data.sheets import image_grid, plot_sequences, to_pil_image

SHEET_SAMPLES = 64


def write_pictures(samples: Tensor, folder: Path, classes: Sequence[str] = ()) -> None:
    """Write sheet.png and, for images, one PNG each in images/, with classes.csv if there are class names.

    `samples` are images (n, channels, height, width), sequences (n, channels, length) or points (n, 2).
    """
    sheet = folder / "sheet.png"
    if samples.ndim == 4:
        _write_images(samples, folder / "images", classes)
        image_grid(samples[:SHEET_SAMPLES]).save(sheet)
    elif samples.ndim == 3:
        bounds = (float(samples.min()), float(samples.max()))
        plot_sequences(samples[:SHEET_SAMPLES], bounds).save(sheet)
    else:
        scatter(samples, Density(samples)).save(sheet)


def _write_images(samples: Tensor, folder: Path, classes: Sequence[str]) -> None:
    digits = len(str(len(samples) - 1))
    folder.mkdir(exist_ok=True)  # without the sheet, so that `ganlab evaluate` reads only samples
    for i, sample in enumerate(samples):
        to_pil_image(sample).save(folder / f"{i:0{digits}}.png")
    if classes:
        with (folder / "classes.csv").open("w", newline="") as file:
            csv.writer(file).writerows((f"{i:0{digits}}.png", name) for i, name in enumerate(classes))
