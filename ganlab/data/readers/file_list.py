"""`FileList`, the files of an archive by what they are for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from ganlab.data.readers.path_table import PathTable

SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff")
TABLE_SUFFIX = ".csv"
CLASS_TABLE = "classes.csv"


@dataclass(frozen=True)
class FileList:
    """Files by their paths: images by their suffix, tables of classes, and the number of all other visible files.

    Hidden files, and those in the folder that macOS adds to a zip, are neither images nor counted.
    """

    images: PathTable
    class_tables: frozenset[str]
    ignored: int
    first_ignored: str  # "" if there is none


def list_files(names: Iterable[str]) -> FileList:
    """Return the files among sorted paths with forward slashes."""
    images: list[str] = []
    class_tables: list[str] = []
    ignored, first_ignored = 0, ""
    for name in names:
        if name.rpartition("/")[2] == CLASS_TABLE:
            class_tables.append(name)
        elif _hidden(name):
            continue
        elif _has_suffix(name, SUFFIXES):
            images.append(name)
        elif not _has_suffix(name, (TABLE_SUFFIX,)):
            ignored, first_ignored = ignored + 1, first_ignored or name
    return FileList(PathTable.of(images), frozenset(class_tables), ignored, first_ignored)


def _has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(suffixes)


def _hidden(name: str) -> bool:
    # PurePosixPath drops parts that are only ".", but takes longer than everything else, so most names avoid it.
    if not (name.startswith((".", "__MACOSX")) or "/." in name or "/__MACOSX" in name):
        return False
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
