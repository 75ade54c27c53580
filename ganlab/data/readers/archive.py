"""Named files in a folder or a zip, read in memory and never unpacked."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath
from zipfile import BadZipFile, ZipFile

SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
LARGEST_BYTES = 1 << 30  # a zip's member that claims more is a bomb, not an image


class Archive(ABC):
    """Files by their path relative to a root, with forward slashes."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return a file's bytes."""

    def images(self) -> list[str]:
        """Return the paths that end like an image, without hidden files and what macOS adds to a zip."""
        return [name for name in self.names() if PurePosixPath(name).suffix.lower() in SUFFIXES and not _hidden(name)]

    def others(self) -> list[str]:
        """Return the paths of what is neither an image by its name, nor a table, nor hidden."""
        known = SUFFIXES | {".csv"}
        return [name for name in self.names() if PurePosixPath(name).suffix.lower() not in known and not _hidden(name)]


class Folder(Archive):
    """A folder and all folders below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Walk the tree, through symbolic links to folders too, but for those that lead back to where the walk is."""
        found, top = list[Path](), (os.path.realpath(self.root),)
        above: dict[str, tuple[str, ...]] = {str(self.root): top}  # real places of the folders around each to come
        for folder, inner, files in os.walk(self.root, onerror=_tell, followlinks=True):
            found += (Path(folder, file) for file in files)
            around = above.pop(folder)
            places = {name: os.path.realpath(os.path.join(folder, name)) for name in inner}
            inner[:] = [name for name, place in places.items() if not _holds_any(place, around)]
            above |= {os.path.join(folder, name): (*around, places[name]) for name in inner}
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        """Read a file."""
        return (self.root / name).read_bytes()


class Zip(Archive):
    """A zip file; raises ValueError where it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = ZipFile(path)
        except BadZipFile as error:
            raise ValueError(f"{path} is not a readable zip file ({error}): copy or pack it again") from error

    def __reduce__(self) -> tuple[type["Zip"], tuple[Path]]:
        """Let every process open the file itself, for a shared position in it would mix up their reads."""
        return Zip, (self.path,)

    def names(self) -> list[str]:
        """List the members that are files."""
        return sorted(info.filename for info in self._zip.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """Unpack one member in memory."""
        size = self._zip.getinfo(name).file_size
        if size > LARGEST_BYTES:
            raise ValueError(f"it unpacks to {size} bytes, more than the {LARGEST_BYTES} that are allowed")
        return self._zip.read(name)


def open_archive(path: str | Path) -> Archive:
    """Open a folder or a zip; raises ValueError where there is neither."""
    place = Path(path).expanduser()
    if place.is_dir():
        return Folder(place)
    if place.is_file():
        return Zip(place)
    raise ValueError(f"path must be a folder of images or a .zip of them, got {path}, which does not exist")


def _holds_any(folder: str, others: Iterable[str]) -> bool:
    return any(PurePath(other).is_relative_to(folder) for other in others)


def _tell(error: OSError) -> None:
    raise ValueError(f"{error.filename} cannot be looked into ({error.strerror}): permit it, or move it elsewhere")


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
