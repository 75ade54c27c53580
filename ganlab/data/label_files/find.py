"""The file of classes of an archive, if it has one."""

from collections.abc import Sequence

from ganlab.data.label_files.base import LabelFile
from ganlab.data.label_files.classes_csv import ClassesCsv
from ganlab.data.label_files.cub import Cub
from ganlab.data.label_files.dataset_json import DatasetJson
from ganlab.data.label_files.gtsrb_test import GtsrbTest
from ganlab.data.label_files.val_annotations import ValAnnotations
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.frame_names import file_of
from ganlab.data.readers.path_table import PathTable

# In this order: one's own table replaces those of a data set.
LABEL_FILES: tuple[LabelFile, ...] = (ClassesCsv(), DatasetJson(), ValAnnotations(), Cub(), GtsrbTest())


def find_label_file(found: frozenset[str], folders: Sequence[str]) -> tuple[LabelFile, str] | None:
    """Return the first kind of file in the first of the folders that has one, and the file's path."""
    for kind in LABEL_FILES:
        for folder in folders:
            if folder + kind.file_name in found:
                return kind, folder + kind.file_name
    return None


def read_classes(archive: Archive, kind: LabelFile, path: str, names: PathTable) -> list[str] | None:
    """Return the class of every image by a file; None if the file is not about classes.

    An image without a class has the class "". Raises ValueError if an image has several classes.
    """
    table = kind.read(archive, path)
    if table is None:
        return None
    folder = path.removesuffix(kind.file_name)
    labels_of = [(name, table.get(file_of(name).removeprefix(folder), set())) for name in names]
    unlabelled = [name for name, labels in labels_of if not labels]
    if unlabelled and kind.complete:
        raise ValueError(
            f"{kind.file_name} must name a class for every image as 'path,class', but {len(unlabelled)} have none, "
            f"such as {unlabelled[0]}; add a line for each of them"
        )
    for name, labels in labels_of:
        if len(labels) > 1:
            raise ValueError(
                f"{kind.file_name} names several classes for {name} ({', '.join(sorted(labels))}); remove all lines "
                "but one"
            )
    return [next(iter(labels), "") for _, labels in labels_of]
