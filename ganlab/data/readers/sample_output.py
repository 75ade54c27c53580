"""The folder that `ganlab sample` writes, with the samples as single images below images/."""

from pathlib import Path
from typing import final

from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.path_table import PathTable
from ganlab.kinds import all_kinds

RUN_FILES, SHEETS = ("config.yaml", "status.json"), "samples"  # of the directory of a run
ARRAY, SHEET, IMAGES = "samples.npy", "sheet.png", "images"


@final
class SampleOutput(Archive):
    """The single images; the sheet of many samples is none of them."""

    def __init__(self, path: Path, part: str = "") -> None:
        self._folder = Folder(path / IMAGES)
        self.root = self._folder.root

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept a folder with the sheet and the folder of images."""
        return (path / SHEET).is_file() and (path / ARRAY).is_file() and (path / IMAGES).is_dir()

    def names(self) -> list[str]:
        """List the images and their table of classes."""
        return self._folder.names()

    def read(self, name: str) -> bytes:
        """Read an image."""
        return self._folder.read(name)

    def stamps(self, names: PathTable) -> Tensor:
        """Ask the file system for every image."""
        return self._folder.stamps(names)


def singles_of(path: Path) -> Path | None:
    """Return the folder of single samples in a folder that `ganlab sample` wrote, such as images; None without one."""
    if not ((path / SHEET).is_file() and (path / ARRAY).is_file()):
        return None
    patterns = [pattern for kind in all_kinds().values() for pattern in kind.output_patterns if "/" in pattern]
    folders = [path / pattern.partition("/")[0] for pattern in patterns]
    return next((folder for folder in folders if folder.is_dir()), None)


def points_of(path: Path) -> Path | None:
    """Return the array of points in a folder that `ganlab sample` wrote, None for any other path."""
    is_written = (path / ARRAY).is_file() and (path / SHEET).is_file()
    return path / ARRAY if is_written and singles_of(path) is None else None


def reject_run(path: Path) -> None:
    """Raise ValueError for the directory of a run, and for its sheets, which show many samples each."""
    for run in (path, path.parent if path.name == SHEETS else path):
        if all((run / name).is_file() for name in RUN_FILES):
            what = "is the directory of a run" if run == path else "holds sheets of many samples each"
            raise ValueError(
                f"{path} {what}; score the run with ganlab evaluate run={run}, or write single samples with ganlab "
                f"sample run={run} and give {run}/generated"
            )
