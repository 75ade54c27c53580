"""Files in a folder or a zip, addressed by name and read into memory; nothing is unpacked to disk."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath
from zipfile import BadZipFile, ZipFile

SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
MAX_BYTES = 1 << 30  # a zip member that claims a larger size is a zip bomb, not an image


class Archive(ABC):
    """Files by their path relative to a root, with forward slashes."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return a file's bytes."""

    def images(self) -> list[str]:
        """Return the paths with an image suffix, without hidden files and the folder that macOS adds to a zip."""
        return [name for name in self.names() if PurePosixPath(name).suffix.lower() in SUFFIXES and not _hidden(name)]

    def others(self) -> list[str]:
        """Return the paths of files that are neither images by their suffix, nor .csv tables, nor hidden."""
        known = SUFFIXES | {".csv"}
        return [name for name in self.names() if PurePosixPath(name).suffix.lower() not in known and not _hidden(name)]


class Folder(Archive):
    """A folder and its subfolders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Walk the tree and follow symbolic links to folders, except links to a folder that contains the link.

        Raises ValueError for a folder that cannot be listed.
        """
        paths, root = list[Path](), (os.path.realpath(self.root),)
        ancestors: dict[str, tuple[str, ...]] = {str(self.root): root}  # real paths of each pending folder's ancestors
        for folder, subfolders, files in os.walk(self.root, onerror=_raise_unlisted, followlinks=True):
            paths += (Path(folder, file) for file in files)
            above = ancestors.pop(folder)
            real_paths = {name: os.path.realpath(os.path.join(folder, name)) for name in subfolders}
            subfolders[:] = [name for name, path in real_paths.items() if not _contains_any(path, above)]
            ancestors |= {os.path.join(folder, name): (*above, real_paths[name]) for name in subfolders}
        return sorted(path.relative_to(self.root).as_posix() for path in paths)

    def read(self, name: str) -> bytes:
        """Read a file."""
        return (self.root / name).read_bytes()


class Zip(Archive):
    """A zip file; raises ValueError if it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = ZipFile(path)
        except BadZipFile as error:
            raise ValueError(f"{path} is not a readable zip file ({error}): copy or pack it again") from error

    def __reduce__(self) -> tuple[type["Zip"], tuple[Path]]:
        """Make every process open the file itself, because processes that share its position would mix up reads."""
        return Zip, (self.path,)

    def names(self) -> list[str]:
        """List the members that are files."""
        return sorted(info.filename for info in self._zip.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """Unpack one member in memory; raises ValueError if it is larger than 1 GiB."""
        size = self._zip.getinfo(name).file_size
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than the {MAX_BYTES} that are allowed")
        return self._zip.read(name)


def open_archive(path: str | Path) -> Archive:
    """Open a folder or a zip; raises ValueError if the path does not exist."""
    expanded = Path(path).expanduser()
    if expanded.is_dir():
        return Folder(expanded)
    if expanded.is_file():
        return Zip(expanded)
    raise ValueError(f"path must be a folder of images or a .zip of them, got {path}, which does not exist")


def _contains_any(folder: str, paths: Iterable[str]) -> bool:
    return any(PurePath(path).is_relative_to(folder) for path in paths)


def _raise_unlisted(error: OSError) -> None:
    raise ValueError(
        f"the folder {error.filename} cannot be read ({error.strerror}): change its permissions, or move it elsewhere"
    )


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
