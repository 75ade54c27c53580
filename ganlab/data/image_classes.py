"""The class of every image: from a table, or else from its top-level folder."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from posixpath import commonpath

import numpy as np
import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import CLASS_TABLE, FileList
from ganlab.data.readers.path_table import PathTable

SPLIT_NAMES = {"train", "training", "val", "valid", "validation", "test", "testing"}


def find_classes(archive: Archive, files: FileList, names: PathTable) -> tuple[list[str], Tensor]:
    """Return all classes, sorted, and the number of every image's class, int64 of shape (n,); "" is no class.

    They come from classes.csv or else from the top-level folders. Raises ValueError if classes.csv does not give every
    image exactly one class.
    """
    folders = {_folder(name) for name in names}
    # classes.csv may lie next to the images or in any folder that contains all of them.
    place = next((place for place in _common_folders(folders) if place + CLASS_TABLE in files.class_tables), None)
    if place is None:
        class_of = _top_folders(folders)
        return _number(class_of[_folder(name)] for name in names)
    return _number(_read_classes(archive, place, names))


def are_splits(folders: Sequence[str]) -> bool:
    """Return whether all folders are named like splits of a data set."""
    return {folder.lower() for folder in folders} <= SPLIT_NAMES


def check_classes(classes: list[str], numbers: Tensor, names: PathTable) -> None:
    """Raise ValueError if some images lie outside of the class folders, or if the folders are splits."""
    outside = numbers == classes.index("") if "" in classes else torch.zeros(len(numbers), dtype=torch.bool)
    if outside.any() and not outside.all():
        first = names[int(outside.nonzero()[0])]
        raise ValueError(
            f"{int(outside.sum())} of {len(names)} images lie outside of the class folders, such as {first}; move them "
            f"into one, or list every image in {CLASS_TABLE}"
        )
    if not outside.any() and are_splits(classes):
        raise ValueError(
            f"the folders {' and '.join(classes)} are splits, not classes; set path to one of them, and "
            "data.validation and data.test hold out images of it"
        )


def _number(classes: Iterable[str]) -> tuple[list[str], Tensor]:
    """Return the sorted classes, and the number of each of the given ones."""
    seen: dict[str, int] = {}
    numbers = np.fromiter((seen.setdefault(name, len(seen)) for name in classes), np.int64)
    ordered = sorted(seen)
    rank = {name: number for number, name in enumerate(ordered)}
    return ordered, torch.tensor([rank[name] for name in seen], dtype=torch.int64)[torch.from_numpy(numbers)]


def _read_classes(archive: Archive, place: str, names: PathTable) -> list[str]:
    """Return the class of every image by the table in the folder `place`."""
    table: dict[str, set[str]] = {}
    for path, label in _read_rows(archive, place + CLASS_TABLE):
        table.setdefault(place + path.strip().replace("\\", "/"), set()).add(label.strip())
    labels_of = [(name, table.get(name, set()) - {""}) for name in names]
    unlabelled = [name for name, labels in labels_of if not labels]
    if unlabelled:
        raise ValueError(
            f"{CLASS_TABLE} must name a class for every image as 'path,class', but {len(unlabelled)} have none, such "
            f"as {unlabelled[0]}; add a line for each of them"
        )
    for name, labels in labels_of:
        if len(labels) > 1:
            raise ValueError(
                f"{CLASS_TABLE} names several classes for {name} ({', '.join(sorted(labels))}); remove all lines but "
                "one"
            )
    return [label for _, labels in labels_of for label in labels]


def _read_rows(archive: Archive, file: str) -> list[list[str]]:
    """Return the rows with two columns of a table; raises ValueError if it is not UTF-8 text of such rows."""
    try:
        text = archive.read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} must be UTF-8, but byte {error.start} is not; save it as UTF-8") from error
    if "\0" in text:  # UTF-16 without a byte order mark
        raise ValueError(f"{file} must be UTF-8, but it holds zero bytes, as UTF-16 does; save it as UTF-8")
    try:
        return [row for row in csv.reader(StringIO(text, newline=None)) if len(row) == 2]
    except csv.Error as error:
        raise ValueError(f"{file} cannot be read as lines 'path,class' ({error}); write it again") from error


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _common_folders(folders: Iterable[str]) -> list[str]:
    """Return every folder that contains all folders, "" first, with a slash at its end."""
    common = commonpath([f"/{folder}" for folder in folders])
    parts = [part for part in common.split("/") if part]
    return ["".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts) + 1)]


def _top_folders(folders: Iterable[str]) -> dict[str, str]:
    """Return the top-level folder of every folder, "" for the root."""
    parts_of = {folder: folder.split("/") if folder else [] for folder in folders}
    # One folder around everything, as in many zips, is not a class.
    while all(len(parts) > 1 for parts in parts_of.values()) and len({parts[0] for parts in parts_of.values()}) == 1:
        parts_of = {folder: parts[1:] for folder, parts in parts_of.items()}
    return {folder: parts[0] if parts else "" for folder, parts in parts_of.items()}
