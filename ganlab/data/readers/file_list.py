"""`FileList`, the files of an archive by what they are for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from ganlab.data.readers.path_table import PathTable

SUFFIXES = (
    ".png", ".apng", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm"
)  # fmt: skip
SUFFIX_TEXT = "png, jpg, webp, bmp, gif, tif, pgm, ppm"
MAX_EXAMPLES = 32  # suffixes of other files
TABLE_SUFFIXES = (".csv",)
CLASS_TABLE = "classes.csv"
# Files with the classes of images, by the readers in ganlab.data.label_files.
LABEL_FILES = (CLASS_TABLE, "dataset.json", "val_annotations.txt", "image_class_labels.txt", "GT-final_test.csv")


@dataclass(frozen=True)
class FileList:
    """Files by their paths: images, or samples of another kind, by their suffix, files of classes, and all others.

    Hidden files, and those in the folder that macOS adds to a zip, are neither images nor counted. Of the others there
    are their number and the first one of every suffix.
    """

    images: PathTable
    label_files: frozenset[str]
    ignored: int
    ignored_examples: tuple[str, ...]  # the first file of every suffix

    @property
    def first_ignored(self) -> str:
        """The first of the other files, "" if there is none."""
        return next(iter(self.ignored_examples), "")


def list_files(names: Iterable[str], suffixes: tuple[str, ...] = SUFFIXES) -> FileList:
    """Return the files among sorted paths with forward slashes; samples of another kind have other `suffixes`."""
    images: list[str] = []
    label_files: list[str] = []
    ignored, examples = 0, dict[str, str]()
    for name in names:
        if name.rpartition("/")[2] in LABEL_FILES:
            label_files.append(name)
        elif _hidden(name):
            continue
        elif _has_suffix(name, suffixes):
            images.append(name)
        elif not _has_suffix(name, TABLE_SUFFIXES):
            ignored += 1
            if len(examples) < MAX_EXAMPLES:
                examples.setdefault(PurePosixPath(name).suffix.lower(), name)
    return FileList(PathTable.of(images), frozenset(label_files), ignored, tuple(examples.values()))


def _has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(suffixes)


def _hidden(name: str) -> bool:
    # PurePosixPath drops parts that are only ".", but takes longer than everything else, so most names avoid it.
    if not (name.startswith((".", "__MACOSX")) or "/." in name or "/__MACOSX" in name):
        return False
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
