"""Files in a zip."""

from itertools import pairwise
from lzma import LZMAError
from pathlib import Path
from typing import final
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812

import torch
from torch import Tensor

from ganlab.core.plain_files import open_plain
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import FileList, list_files
from ganlab.data.readers.file_stamp import stamp
from ganlab.data.readers.path_table import PathTable

MAX_BYTES = 1 << 30  # a zip member that claims a larger size is a zip bomb, not an image
ENCRYPTED = 0x1  # the flag of a member
MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# What the standard library raises for damaged members, and for methods and versions that it does not know.
FAILURES = (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, ZlibError, LZMAError)


@final
class Zip(Archive):
    """A zip file; raises ValueError if it is not one, and for images of one name."""

    def __init__(self, path: Path, part: str = "") -> None:
        self.root, self._part = path, part
        self._zip = open_zip(path)

    def __reduce__(self) -> tuple[type["Zip"], tuple[Path, str]]:
        """Make every process open the file itself, because processes that share its position would mix up reads."""
        return Zip, (self.root, self._part)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept files that start like a zip, or are named like one."""
        return path.is_file() and (path.suffix.lower() == ".zip" or first_bytes(path, 4) in MAGIC)

    def names(self) -> list[str]:
        """List the members that are files."""
        return sorted(info.filename for info in self._zip.infolist() if not info.is_dir())

    def files(self) -> FileList:
        """List the files by what they are for; raises ValueError if two of those that are read have one name."""
        names = self.names()
        twice = list_files(sorted({first for first, second in pairwise(names) if first == second}))
        if repeated := sorted({*twice.images, *twice.label_files}):
            raise ValueError(
                f"{self.root} holds {len(repeated)} names more than once, such as {repeated[0]}, and only the last "
                "file of a name can be read; pack it again, with every name once"
            )
        return list_files(names)

    def read(self, name: str) -> bytes:
        """Unpack one member in memory; raises ValueError if it is damaged, encrypted, or larger than 1 GiB."""
        return read_member(self._zip, name)

    def stamps(self, names: PathTable) -> Tensor:
        """Return the zip's own stamp for every member."""
        return torch.tensor(stamp(self.root)).repeat(len(names), 1)


def open_zip(path: Path) -> ZipFile:
    """Open a zip; raises ValueError if it is damaged or of a version that cannot be read."""
    try:
        return ZipFile(path)
    except FAILURES as error:
        raise ValueError(f"{path} is not a readable zip file ({error}): copy or pack it again") from error


def read_member(archive: ZipFile, name: str) -> bytes:
    """Unpack one member in memory; raises ValueError if it is absent, damaged, encrypted, or larger than 1 GiB."""
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise ValueError("there is no such file") from error
    if info.flag_bits & ENCRYPTED:
        raise ValueError("it is encrypted; pack it again without a password")
    if info.file_size > MAX_BYTES:
        raise ValueError(f"it unpacks to {info.file_size} bytes, more than the {MAX_BYTES} that are allowed")
    try:
        return archive.read(info)
    except FAILURES as error:
        raise ValueError(f"it is damaged ({error})") from error


def first_bytes(path: Path, count: int) -> bytes:
    """Return the first bytes of a plain file, b"" if it cannot be read."""
    try:
        with open_plain(path) as file:
            return file.read(count)
    except (OSError, ValueError):
        return b""
