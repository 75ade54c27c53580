"""`Archive`, the base class of everything that holds encoded images by name: folders, zips, tars, tables."""

from abc import ABC, abstractmethod
from pathlib import Path

from torch import Tensor

from ganlab.data.readers.file_list import FileList, list_files
from ganlab.data.readers.path_table import PathTable


class Archive(ABC):
    """Files by their path relative to a root, with forward slashes; nothing is unpacked to disk.

    A subclass per format is constructed from a path and the name of a part ("" for all of it). It is pickled to worker
    processes, so each of them opens its files itself.
    """

    root: Path  # the folder or the file
    eight_bit: bool = False  # all images are known to have one frame and 8 bits

    @abstractmethod
    def __init__(self, path: Path, part: str = "") -> None: ...

    @classmethod
    @abstractmethod
    def accepts(cls, path: Path) -> bool:
        """Return whether an existing path has this format."""

    @classmethod
    def has_parts(cls, path: Path) -> bool:
        """Return whether an existing folder has this format, with parts that its path does not separate."""
        return False

    @abstractmethod
    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises ValueError or OSError if it is absent or cannot be read."""

    @abstractmethod
    def stamps(self, names: PathTable) -> Tensor:
        """Return numbers that change whenever a file is written, replaced or relabelled, int64 of shape (n, 4).

        They are size in bytes, time of the last change of the content and of the last change of any kind in
        nanoseconds, and inode; all are -1 if the file system does not give them.
        """

    def files(self) -> FileList:
        """List the files by what they are for."""
        return list_files(self.names())

    def classes(self, names: PathTable) -> tuple[list[str], Tensor] | None:
        """Return the classes that the format itself stores, and the number of every image's class, int64 (n,).

        None if paths and tables of classes tell them. The class "" means that an image has none.
        """
        return None

    def for_random_access(self) -> "Archive":
        """Return the same files where a single one is read as fast as in order; raises ValueError if that fails."""
        return self
