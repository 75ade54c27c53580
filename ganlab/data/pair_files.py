"""The files of image pairs: which two belong together, and which split they are in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ganlab.data.dataset import SPLITS
from ganlab.data.image_classes import SPLIT_NAMES
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.image_listing import list_images
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.scan import MAX_NAMED_FILES
from ganlab.data.splits import split_indices

SPLIT_OF = {
    name: "train" if name.startswith("train") else "test" if name.startswith("test") else "validation"
    for name in SPLIT_NAMES
}


@final
@dataclass(frozen=True)
class ImageSide:
    """The images of one side: an archive, the paths in it, and the part of each image that is meant."""

    archive: Archive
    names: PathTable
    part: str = "whole"


def open_side(path: str) -> ImageSide:
    """Return all images at a path; raises ValueError if there is none."""
    archive = open_archive(path)
    return ImageSide(archive, list_images(archive, path).images)


def open_halves(path: str) -> tuple[ImageSide, ImageSide]:
    """Return the left and the right halves of all images at a path; raises ValueError if there is none."""
    side = open_side(path)
    return ImageSide(side.archive, side.names, "left"), ImageSide(side.archive, side.names, "right")


def open_domains(path: str) -> tuple[ImageSide, ImageSide]:
    """Return the images of both domains below one folder: trainA, testA, valA and trainB, testB, valB, or A and B.

    Raises ValueError if there is neither.
    """
    if has_two_folders(path):
        return open_side(f"{path}/A"), open_side(f"{path}/B")
    side = open_side(path)
    first, second = ([name for name in side.names if is_domain(name, letter)] for letter in "AB")
    if not (first and second):
        raise ValueError(
            f"{path} must hold the folders trainA and trainB, and perhaps testA and testB, or the folders A and B; to "
            "give two folders instead, set data.source=DIR and data.target=DIR"
        )
    return ImageSide(side.archive, PathTable.of(first)), ImageSide(side.archive, PathTable.of(second))


def without_domain(name: str) -> str:
    """Return a path with the split that its top-level folder names: train/1.png for trainA/1.png."""
    folder, slash, rest = name.partition("/")
    return f"{folder[:-1]}{slash}{rest}" if is_domain(name, folder[-1:]) else name


def is_domain(name: str, letter: str) -> bool:
    """Return whether a path is in a folder such as trainA, by the letter of its domain."""
    folder = name.partition("/")[0]
    return "/" in name and letter in ("A", "B") and folder.endswith(letter) and folder[:-1].lower() in SPLIT_OF


def has_two_folders(path: str) -> bool:
    """Return whether a folder holds the folders A and B, as pix2pix's data sets do before they are combined."""
    folder = Path(path).expanduser()
    return (folder / "A").is_dir() and (folder / "B").is_dir()


def match_names(first: PathTable, second: PathTable, on_error: str) -> tuple[Tensor, Tensor, list[str]]:
    """Return the rows of files with the same path but for the suffix in both tables (n,), and the paths of the others.

    Raises ValueError if there are no such files, if two files of one table have the same path, and if some files are
    alone and `on_error` is "refuse".
    """
    rows, others = _rows_by_stem(first), _rows_by_stem(second)
    common = sorted(rows.keys() & others.keys())
    if not common:
        raise ValueError(
            f"no two files have the same name, such as {first[0]} and {second[0]}: both images of a pair have the same "
            "path below their folders, except for the suffix"
        )
    alone = [first[rows[stem]] for stem in sorted(rows.keys() - others.keys())]
    alone += [second[others[stem]] for stem in sorted(others.keys() - rows.keys())]
    if alone and on_error == "refuse":
        raise ValueError(
            f"{describe_alone(alone)}: add the images that are absent, or set on_error=skip to train without them"
        )
    return torch.tensor([rows[stem] for stem in common]), torch.tensor([others[stem] for stem in common]), alone


def describe_alone(names: Sequence[str]) -> str:
    """Return how many files have no other one of the same name, and the first of them."""
    more = f" and {len(names) - MAX_NAMED_FILES} more" if len(names) > MAX_NAMED_FILES else ""
    noun, verb = ("file", "has") if len(names) == 1 else ("files", "have")
    return f"{len(names)} {noun} {verb} no other image of the same name: {', '.join(names[:MAX_NAMED_FILES])}{more}"


def split_by_folder(names: Iterable[str], validation: float, test: float, limit: int) -> dict[str, Tensor]:
    """Split files by their top-level folders if all of these are named like splits, else at random by shares.

    A folder for a split replaces its share. Raises ValueError if no file is left for training.
    """
    folders = [name.partition("/")[0].lower() if "/" in name else "" for name in names]
    if not all(folder in SPLIT_OF for folder in folders):
        return split_indices(len(folders), 0, validation, test, limit)
    numbers = {split: [row for row, folder in enumerate(folders) if SPLIT_OF[folder] == split] for split in SPLITS}
    official = {split: torch.tensor(rows, dtype=torch.int64) for split, rows in numbers.items()}
    pool = official.pop("train")
    if not len(pool):
        raise ValueError(
            f"the folders {' and '.join(sorted(set(folders)))} hold no image to train on: add a folder train, or give "
            "the path of one of them, of which validation and test are shares"
        )
    held_out = {split: rows for split, rows in official.items() if len(rows)}
    validation = 0.0 if "validation" in held_out else validation
    test = 0.0 if "test" in held_out else test
    return {
        split: pool[rows] for split, rows in split_indices(len(pool), 0, validation, test, limit).items()
    } | held_out


def _stem(name: str) -> str:
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.rpartition('.')[0]}"


def _rows_by_stem(names: PathTable) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        if rows.setdefault(_stem(name), row) != row:
            raise ValueError(f"{names[rows[_stem(name)]]} and {name} have the same name but for the suffix; rename one")
    return rows
