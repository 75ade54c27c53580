"""The class of every image: from the file itself, from a table, or else from its top-level folder."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from posixpath import commonpath
from re import findall

import torch
from torch import Tensor

from ganlab.data.label_files.find import find_label_file, read_classes
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.class_numbers import number_classes
from ganlab.data.readers.file_list import CLASS_TABLE, FileList
from ganlab.data.readers.frame_names import file_of
from ganlab.data.readers.path_table import PathTable

SPLIT_NAMES = {"train", "training", "val", "valid", "validation", "test", "testing"}
STORAGE_DIGITS = 5  # in the name of a folder that holds one piece of a long list of images, such as 00012


def find_classes(archive: Archive, files: FileList, names: PathTable) -> tuple[list[str], Tensor]:
    """Return all classes in order, and the number of every image's class, int64 of shape (n,); "" is no class.

    They come from the format, from a file of classes, or else from the top-level folders. Raises ValueError if
    classes.csv does not give every image exactly one class.
    """
    if (own := archive.classes(names)) is not None:
        return own
    folders = {_folder(name) for name in names}
    # A file of classes may lie next to the images or in any folder that contains all of them.
    found = find_label_file(files.label_files, _common_folders(folders))
    if found is not None:
        kind, path = found
        if (classes := read_classes(archive, kind, path, names)) is not None:
            return number_classes(classes, kind.numbered)
    class_of = top_folders(folders)
    return number_classes(class_of[_folder(name)] for name in names)


def known_classes(names: Sequence[str], numbers: Tensor, paths: PathTable) -> bool:
    """Return whether every image has a class, and these are classes, not splits or places of storage."""
    return "" not in names and not are_splits(names) and not _are_storage(names, numbers, paths)


def are_splits(folders: Sequence[str]) -> bool:
    """Return whether all folders are named like splits of a data set."""
    return {folder.lower() for folder in folders} <= SPLIT_NAMES


def check_classes(classes: list[str], numbers: Tensor, names: PathTable) -> None:
    """Raise ValueError if some images have no class, or if the folders are splits or places of storage."""
    outside = numbers == classes.index("") if "" in classes else torch.zeros(len(numbers), dtype=torch.bool)
    if outside.any() and not outside.all():
        first = names[int(outside.nonzero()[0])]
        raise ValueError(
            f"{int(outside.sum())} of {len(names)} images have no class, such as {first}; move them into a class "
            f"folder, list every image in {CLASS_TABLE}, or complete the labels of the file that has some"
        )
    if not outside.any() and are_splits(classes):
        raise ValueError(
            f"the folders {' and '.join(classes)} are splits, not classes; set path to one of them, and "
            "data.validation and data.test hold out images of it"
        )
    if not outside.any() and _are_storage(classes, numbers, names):
        raise ValueError(
            f"the folders {classes[0]}, {classes[1]}, … number the images through, so they are places of storage, not "
            f"classes; add the dataset.json that belongs to them, or list the class of every image in {CLASS_TABLE}"
        )


def _are_storage(classes: Sequence[str], numbers: Tensor, names: PathTable) -> bool:
    """Return whether folders such as 00000 and 00001 only divide a list of images that is numbered through.

    Then they have equally many images, except for the last, and the numbers in the file names ascend over all of them.
    """
    if len(classes) < 2 or not all(len(name) >= STORAGE_DIGITS and name.isdecimal() for name in classes):
        return False
    counts = numbers.bincount(minlength=len(classes))
    if counts[:-1].unique().numel() > 1 or counts[-1] > counts[0]:
        return False
    digits = [findall(r"\d+", file_of(name).rpartition("/")[2].rpartition(".")[0]) for name in names]
    return all(digits) and all(first < second for first, second in pairwise(int(found[-1]) for found in digits))


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _common_folders(folders: Iterable[str]) -> list[str]:
    """Return every folder that contains all folders, "" first, with a slash at its end."""
    common = commonpath([f"/{folder}" for folder in folders])
    parts = [part for part in common.split("/") if part]
    return ["".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts) + 1)]


def top_folders(folders: Iterable[str]) -> dict[str, str]:
    """Return the top-level folder of every folder, "" for the root."""
    parts_of = {folder: folder.split("/") if folder else [] for folder in folders}
    # One folder around everything, as in many zips, is not a class.
    while all(len(parts) > 1 for parts in parts_of.values()) and len({parts[0] for parts in parts_of.values()}) == 1:
        parts_of = {folder: parts[1:] for folder, parts in parts_of.items()}
    return {folder: parts[0] if parts else "" for folder, parts in parts_of.items()}
