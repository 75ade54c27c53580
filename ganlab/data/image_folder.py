"""A user's own images, in folders or a zip."""

import csv
from collections.abc import Sequence
from io import StringIO
from posixpath import commonpath
from typing import Any, ClassVar

import torch

from ganlab.core.interfaces import Spec
from ganlab.data.image import ImageDataSet
from ganlab.data.readers.archive import Archive, open_archive
from ganlab.data.readers.decode_image import Picture, as_size
from ganlab.data.readers.scan import check_on_error, read_images

CLASSES = "classes.csv"
SPLIT_NAMES = {"train", "training", "val", "valid", "validation", "test", "testing"}


class ImageFolder(ImageDataSet):
    """Images of any size and kind below `path`; the top-level folder, or classes.csv, names an image's class.

    Images beyond `memory_limit_mib` of pixels stay on disk and are decoded by the datamodule's workers. Raises
    ValueError for a folder without images, and for unreadable ones where `on_error` is "refuse".
    """

    stratified: ClassVar[bool] = True

    def __init__(
        self,
        path: str,
        resolution: int | Sequence[int] = 64,
        channels: int = 3,
        fit: str = "crop",
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        max_pixels: int = 64_000_000,
        memory_limit_mib: int = 2048,
        verify: bool = True,
    ) -> None:
        archive = open_archive(path)
        picture = Picture(as_size(resolution), channels, fit, max_pixels)
        found = archive.images()
        if not found:
            raise ValueError(f"path must hold images (png, jpg, webp, bmp, gif, tif), but there is none in {path}")
        images, names = read_images(archive, found, picture, memory_limit_mib, on_error, verify)
        classes = classes_of(archive, names)
        ordered = sorted(set(classes))
        numbers = {name: number for number, name in enumerate(ordered)}
        if labels:
            _must_be_classes(classes, names)
        # Images outside of any class folder leave the classes unknown, and so do folders that are splits.
        known = None if "" in numbers or _are_splits(ordered) else torch.tensor([numbers[name] for name in classes])
        super().__init__(
            images,
            known,
            len(ordered) if known is not None else 0,
            len(names),
            conditional=labels,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
        )
        self.class_names = ordered if known is not None else []
        self._others = archive.others()

    def summary(self) -> str:
        """Return what there is, and which files are no images by their names."""
        others = f"; left out by type: {len(self._others):,}, {self._others[0]} for one" if self._others else ""
        return f"{super().summary()}{others}"

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec as far as settings tell; raises ValueError for those that no folder could be read with."""
        given = cls.settings(settings)
        Picture(as_size(given["resolution"]), given["channels"], given["fit"], given["max_pixels"])
        check_on_error(given["on_error"])
        return super().preview(**settings)


def classes_of(archive: Archive, names: list[str]) -> list[str]:
    """Return the class of every image, "" where it has none; raises ValueError where classes.csv does not tell it."""
    files = set(archive.names())
    # Beside the images, or beside the folders around all of them.
    place = next((folder for folder in _outer_folders(names) if folder + CLASSES in files), None)
    if place is None:
        return _top_folders(names)
    table: dict[str, set[str]] = {}
    for path, label in _rows(archive, place + CLASSES):
        table.setdefault(place + path.strip().replace("\\", "/"), set()).add(label.strip())
    known = [table.get(name, set()) - {""} for name in names]
    without = [name for name, labels in zip(names, known, strict=True) if not labels]
    if without:
        raise ValueError(
            f"{CLASSES} must name a class for every image as 'path,class', but {len(without)} have none, "
            f"{without[0]} for one"
        )
    for name, labels in zip(names, known, strict=True):
        if len(labels) > 1:
            raise ValueError(f"{CLASSES} names several classes for {name}, {', '.join(sorted(labels))}; leave it one")
    return [label for labels in known for label in labels]


def _rows(archive: Archive, file: str) -> list[list[str]]:
    """Return the rows of two columns in a table; raises ValueError where it is no text of such rows."""
    try:
        text = archive.read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file} must be UTF-8, which it is not from byte {error.start} on; save it as UTF-8"
        ) from error
    if "\0" in text:  # which is how UTF-16 without a mark looks
        raise ValueError(f"{file} must be UTF-8, but it holds zero bytes, as UTF-16 does; save it as UTF-8")
    try:
        return [row for row in csv.reader(StringIO(text, newline=None)) if len(row) == 2]
    except csv.Error as error:
        raise ValueError(f"{file} cannot be read as lines 'path,class' ({error}); write it again") from error


def _are_splits(folders: list[str]) -> bool:
    return {folder.lower() for folder in folders} <= SPLIT_NAMES


def _must_be_classes(classes: list[str], names: list[str]) -> None:
    """Raise ValueError where what was found beside the images does not tell the classes of all of them."""
    outside = [name for name, label in zip(names, classes, strict=True) if not label]
    if outside and any(classes):
        raise ValueError(
            f"{len(outside)} of {len(names)} images lie outside of the class folders, {outside[0]} for one; move them "
            f"into one, or list every image in {CLASSES}"
        )
    if not outside and _are_splits(classes):
        raise ValueError(
            f"the folders {' and '.join(sorted(set(classes)))} are splits, not classes; give the path of one of them: "
            "images to choose by and for reports are held out of it (data.validation, data.test)"
        )


def _outer_folders(names: list[str]) -> list[str]:
    folders = [each for each in commonpath([f"/{name.rpartition('/')[0]}" for name in names]).split("/") if each]
    return ["".join(f"{folder}/" for folder in folders[:depth]) for depth in range(len(folders) + 1)]


def _top_folders(names: list[str]) -> list[str]:
    paths = [name.split("/") for name in names]
    # A folder around everything, as zips often have, says nothing about an image.
    while all(len(path) > 2 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    return [path[0] if len(path) > 1 else "" for path in paths]
