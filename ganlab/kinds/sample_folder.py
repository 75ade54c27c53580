"""Folders with one file per generated sample."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

CLASSES = "classes.csv"


def folder_patterns(name: str, suffix: str) -> tuple[str, ...]:
    """Return the patterns of what `write_folder` writes, for `Kind.output_patterns`."""
    return f"{name}/[0-9]*{suffix}", f"{name}/{CLASSES}"


def write_folder(
    folder: Path, suffix: str, samples: Tensor, classes: Sequence[str], write_file: Callable[[Tensor, Path], None]
) -> None:
    """Write samples (n, …) to numbered files with the ending `suffix`, and their class names to classes.csv, if known.

    `write_file(sample, path)` writes one sample. The folder holds nothing else, so that `ganlab evaluate` reads it.
    """
    digits = len(str(len(samples) - 1))
    folder.mkdir(exist_ok=True)
    names = [f"{number:0{digits}}{suffix}" for number in range(len(samples))]
    for name, sample in zip(names, samples, strict=True):
        write_file(sample, folder / name)
    if classes:
        with (folder / CLASSES).open("w", newline="") as file:
            csv.writer(file).writerows(zip(names, classes, strict=True))
