"""Files in a folder or a zip, addressed by name and read into memory; nothing is unpacked to disk."""

import os
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import Tensor

from ganlab.core.plain_files import read_plain
from ganlab.data.readers.file_list import FileList, list_files
from ganlab.data.readers.path_table import PathTable

MAX_BYTES = 1 << 30  # a zip member that claims a larger size is a zip bomb, not an image
MASK = (1 << 63) - 1  # some file systems have numbers that do not fit in a signed integer
NO_STAMP = (-1, -1, -1, -1)


class Archive(ABC):
    """Files by their path relative to a root, with forward slashes."""

    root: Path  # the folder or the zip

    @abstractmethod
    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return a file's bytes."""

    @abstractmethod
    def stamps(self, names: PathTable) -> Tensor:
        """Return numbers that change whenever a file is written, replaced or relabelled, int64 of shape (n, 4).

        They are size in bytes, time of the last change of the content and of the last change of any kind in
        nanoseconds, and inode; all are -1 if the file system does not give them.
        """

    def files(self) -> FileList:
        """List the files by what they are for."""
        return list_files(self.names())


class Folder(Archive):
    """A folder and its subfolders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Walk the tree and follow symbolic links to folders, except links to a folder that contains the link.

        Raises ValueError for a folder that cannot be listed.
        """
        names, root = list[str](), (os.path.realpath(self.root),)
        ancestors: dict[str, tuple[str, ...]] = {str(self.root): root}  # real paths of each pending folder's ancestors
        for folder, subfolders, files in os.walk(self.root, onerror=_raise_unlisted, followlinks=True):
            prefix = PurePath(folder).relative_to(self.root).as_posix()
            names += files if prefix == "." else (f"{prefix}/{file}" for file in files)
            above = ancestors.pop(folder)
            real_paths = {name: os.path.realpath(os.path.join(folder, name)) for name in subfolders}
            subfolders[:] = [name for name, path in real_paths.items() if not _contains_any(path, above)]
            ancestors |= {os.path.join(folder, name): (*above, real_paths[name]) for name in subfolders}
        return sorted(names)

    def read(self, name: str) -> bytes:
        """Read a file; raises OSError for what is no plain file, such as a pipe."""
        return read_plain(self.root / name)

    def stamps(self, names: PathTable) -> Tensor:
        """Ask the file system for every file; a link counts as the file that it leads to."""
        numbers, prefix = array("q"), os.path.join(self.root, "")
        for name in names:
            numbers.extend(_stamp(prefix + name))
        return torch.from_numpy(np.frombuffer(numbers, np.int64)).view(-1, len(NO_STAMP))


class Zip(Archive):
    """A zip file; raises ValueError if it is not one."""

    def __init__(self, path: Path) -> None:
        self.root = path
        try:
            self._zip = ZipFile(path)
        except BadZipFile as error:
            raise ValueError(f"{path} is not a readable zip file ({error}): copy or pack it again") from error

    def __reduce__(self) -> tuple[type["Zip"], tuple[Path]]:
        """Make every process open the file itself, because processes that share its position would mix up reads."""
        return Zip, (self.root,)

    def names(self) -> list[str]:
        """List the members that are files."""
        return sorted(info.filename for info in self._zip.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """Unpack one member in memory; raises ValueError if it is larger than 1 GiB."""
        size = self._zip.getinfo(name).file_size
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than the {MAX_BYTES} that are allowed")
        return self._zip.read(name)

    def stamps(self, names: PathTable) -> Tensor:
        """Return the zip's own stamp for every member."""
        return torch.tensor(_stamp(str(self.root))).repeat(len(names), 1)


def open_archive(path: str | Path) -> Archive:
    """Open a folder or a zip; raises ValueError if the path does not exist."""
    expanded = Path(path).expanduser()
    if expanded.is_dir():
        return Folder(expanded)
    if expanded.is_file():
        return Zip(expanded)
    raise ValueError(f"path must be a folder of images or a .zip of them, got {path}, which does not exist")


def _stamp(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return NO_STAMP
    return status.st_size, status.st_mtime_ns & MASK, status.st_ctime_ns & MASK, status.st_ino & MASK


def _contains_any(folder: str, paths: Iterable[str]) -> bool:
    return any(PurePath(path).is_relative_to(folder) for path in paths)


def _raise_unlisted(error: OSError) -> None:
    raise ValueError(
        f"the folder {error.filename} cannot be read ({error.strerror}): change its permissions, or move it elsewhere"
    )
