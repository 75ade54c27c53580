"""Folders with one file per generated sample."""

import csv
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

from torch import Tensor

CLASSES = "classes.csv"


@final
@dataclass(frozen=True)
class SampleFolder:
    """A folder of numbered files with the ending `suffix`, and classes.csv if the samples have class names.

    `write_file(sample, path)` writes one sample. The folder holds nothing else, so that `ganlab evaluate` reads it.
    """

    name: str
    suffix: str
    write_file: Callable[[Tensor, Path], None]

    def write(self, samples: Tensor, output: Path, classes: Sequence[str]) -> None:
        """Write samples (n, …) below `output`, and the class name of each, if `classes` is not empty."""
        folder, digits = output / self.name, len(str(len(samples) - 1))
        folder.mkdir(exist_ok=True)
        names = [f"{number:0{digits}}{self.suffix}" for number in range(len(samples))]
        for name, sample in zip(names, samples, strict=True):
            self.write_file(sample, folder / name)
        if classes:
            with (folder / CLASSES).open("w", newline="") as file:
                csv.writer(file).writerows(zip(names, classes, strict=True))

    def remove_former(self, output: Path) -> None:
        """Remove the files that `write` wrote, and the folder if it then is empty."""
        for former in [*(output / self.name).glob(f"[0-9]*{self.suffix}"), *(output / self.name).glob(CLASSES)]:
            former.unlink()
        with suppress(OSError):  # it has other files, or there is none
            (output / self.name).rmdir()
