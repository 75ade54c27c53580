"""Your own images, in a folder or a zip."""

import csv
from collections.abc import Sequence
from io import StringIO
from posixpath import commonpath
from typing import Any, ClassVar

import torch

from ganlab.core.interfaces import Spec
from ganlab.data.image import ImageDataSet
from ganlab.data.readers.archive import Archive, open_archive
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.scan import check_on_error, read_images

CLASSES = "classes.csv"
SPLIT_NAMES = {"train", "training", "val", "valid", "validation", "test", "testing"}


class ImageFolder(ImageDataSet):
    """Images of any size and kind below `path`; the top-level folder, or classes.csv, names an image's class.

    Images that need more than `memory_limit_mib` as pixels stay on disk, and the datamodule's workers decode them.
    Raises ValueError for a path without images, and for unreadable images if `on_error` is "refuse".
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
        decoder = ImageDecoder(parse_resolution(resolution), channels, fit, max_pixels)
        files = archive.images()
        if not files:
            raise ValueError(
                f"path must hold images (png, jpg, webp, bmp, gif, tif), but {path} holds none; give the folder or "
                ".zip that holds them"
            )
        images, names = read_images(archive, files, decoder, memory_limit_mib, on_error, verify)
        classes = find_classes(archive, names)
        class_names = sorted(set(classes))
        if labels:
            _check_classes(classes, names)
        # Images outside of all class folders, and folders named like splits, leave the classes unknown.
        if "" in class_names or _are_splits(class_names):
            class_names, numbers = [], None
        else:
            number_of = {name: number for number, name in enumerate(class_names)}
            numbers = torch.tensor([number_of[name] for name in classes])
        super().__init__(
            images,
            numbers,
            len(class_names),
            len(names),
            conditional=labels,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
        )
        self.class_names = class_names
        self._ignored = archive.others()

    def summary(self) -> str:
        """Return the sizes of splits and classes, and the number of files that are not images by their suffix."""
        if not self._ignored:
            return super().summary()
        return f"{super().summary()}; files ignored by type: {len(self._ignored):,}, such as {self._ignored[0]}"

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        resolution = parse_resolution(complete["resolution"])
        ImageDecoder(resolution, complete["channels"], complete["fit"], complete["max_pixels"])
        check_on_error(complete["on_error"])
        return super().preview(**settings)


def find_classes(archive: Archive, names: list[str]) -> list[str]:
    """Return the class of every image, from classes.csv or else from the top-level folders; "" for none.

    Raises ValueError if classes.csv does not give every image exactly one class.
    """
    files = set(archive.names())
    # classes.csv may lie next to the images or in any folder that contains all of them.
    folder = next((folder for folder in _common_folders(names) if folder + CLASSES in files), None)
    if folder is None:
        return _top_folders(names)
    table: dict[str, set[str]] = {}
    for path, label in _read_rows(archive, folder + CLASSES):
        table.setdefault(folder + path.strip().replace("\\", "/"), set()).add(label.strip())
    labels_of = [(name, table.get(name, set()) - {""}) for name in names]
    unlabelled = [name for name, labels in labels_of if not labels]
    if unlabelled:
        raise ValueError(
            f"{CLASSES} must name a class for every image as 'path,class', but {len(unlabelled)} have none, such as "
            f"{unlabelled[0]}; add a line for each of them"
        )
    for name, labels in labels_of:
        if len(labels) > 1:
            raise ValueError(
                f"{CLASSES} names several classes for {name} ({', '.join(sorted(labels))}); remove all lines but one"
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


def _are_splits(folders: Sequence[str]) -> bool:
    return {folder.lower() for folder in folders} <= SPLIT_NAMES


def _check_classes(classes: list[str], names: list[str]) -> None:
    """Raise ValueError if some images lie outside of the class folders, or if the folders are splits."""
    outside = [name for name, label in zip(names, classes, strict=True) if not label]
    if outside and any(classes):
        raise ValueError(
            f"{len(outside)} of {len(names)} images lie outside of the class folders, such as {outside[0]}; move them "
            f"into one, or list every image in {CLASSES}"
        )
    if not outside and _are_splits(classes):
        raise ValueError(
            f"the folders {' and '.join(sorted(set(classes)))} are splits, not classes; set path to one of them, and "
            "data.validation and data.test hold out images of it"
        )


def _common_folders(names: list[str]) -> list[str]:
    """Return every folder that contains all files, "" first, with a slash at its end."""
    common = commonpath([f"/{name.rpartition('/')[0]}" for name in names])
    folders = [folder for folder in common.split("/") if folder]
    return ["".join(f"{folder}/" for folder in folders[:depth]) for depth in range(len(folders) + 1)]


def _top_folders(names: list[str]) -> list[str]:
    paths = [name.split("/") for name in names]
    # One folder around everything, as in many zips, is not a class.
    while all(len(path) > 2 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    return [path[0] if len(path) > 1 else "" for path in paths]
