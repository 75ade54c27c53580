"""Arrays in .npy and .npz files, bounded by what is there; nothing is unpickled."""

import os
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import IO, final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from ganlab.core.memory import available_bytes, format_bytes
from ganlab.core.plain_files import open_plain
from ganlab.data.readers.zip_file import ENCRYPTED, FAILURES, open_zip

MAX_HEADER_BYTES = 1 << 16
SUFFIX = ".npy"


@final
@dataclass(frozen=True)
class ArrayInFile:
    """One array: its shape and type by its header, and where its content starts.

    `member` is the name inside of a .npz, "" in a .npy. `offset` is the position in the file if the content lies there
    as it is, else -1.
    """

    path: Path
    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    offset: int

    @property
    def size(self) -> int:
        """The size of the content in bytes."""
        return prod(self.shape) * self.dtype.itemsize

    def open(self) -> np.ndarray:
        """Return the array, from the disk page by page if it lies there as it is, else in memory.

        Raises ValueError if it is damaged or needs more memory than there is.
        """
        if self.offset >= 0 and self.size:
            shape = self.shape[::-1] if self.fortran else self.shape
            content = np.memmap(self.path, self.dtype, "r", self.offset, shape)
            return content.T if self.fortran else content
        if not self.size:
            return np.empty(self.shape, self.dtype)
        if self.size > (free := available_bytes()):
            raise ValueError(
                f"{self.path}: the array {self.member} takes {format_bytes(self.size)} of memory, and "
                f"{format_bytes(free)} are free; use fewer or smaller samples, or write it with numpy.savez, which "
                "does not compress"
            )
        with _readable(self.path), open_zip(self.path) as archive, archive.open(f"{self.member}{SUFFIX}") as file:
            array: np.ndarray = npy.read_array(file, allow_pickle=False)
            file.read(1)  # the end, where the checksum is compared
            return array


def list_arrays(path: Path) -> dict[str, ArrayInFile]:
    """Return the arrays of a .npy (under the name "") or of a .npz by name.

    Raises ValueError if a header or the file is damaged, announces more than there is, or needs pickle.
    """
    with _readable(path), open_plain(path) as file:
        if file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
            file.seek(0)
            return {"": _read_header(path, "", file, os.fstat(file.fileno()).st_size, 0)}
        file.seek(0)
        with ZipFile(file) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.filename)
            for first, second in pairwise(infos):
                if first.filename == second.filename:
                    raise ValueError(f"it holds {first.filename} twice")
            return dict(_read_member(path, archive, file, info) for info in infos if info.filename.endswith(SUFFIX))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise ValueError(f"{path} needs more memory than this machine has; use fewer or smaller samples") from error
    except FAILURES as error:
        reason = str(error) or type(error).__name__
        if reason.startswith(str(path)):
            raise
        raise ValueError(f"{path} cannot be read as an array ({reason}): write it again with numpy.savez") from error


def _read_member(path: Path, archive: ZipFile, file: IO[bytes], info: ZipInfo) -> tuple[str, ArrayInFile]:
    name = info.filename.removesuffix(SUFFIX)
    if info.flag_bits & ENCRYPTED:
        raise ValueError(f"{info.filename} is encrypted")
    with archive.open(info) as member:
        start = -1
        if info.compress_type == ZIP_STORED:
            # The name and the extra field in front of the content have lengths of their own there.
            file.seek(info.header_offset + 26)
            start = info.header_offset + 30 + sum(int.from_bytes(file.read(2), "little") for _ in range(2))
        return name, _read_header(path, name, member, info.file_size, start)


def _read_header(path: Path, name: str, file: IO[bytes], present: int, start: int) -> ArrayInFile:
    """Read the header at the start of `file`; `start` is where it begins on disk, -1 if it is compressed."""
    title = f"{name}{SUFFIX}" if name else "it"
    version = npy.read_magic(file)
    width = 2 if version == (1, 0) else 4
    prefix = file.read(width)
    length = int.from_bytes(prefix, "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"{title} announces a header of {length} bytes")
    text = file.read(length)
    if len(text) < length:
        raise ValueError(f"{title} ends within its header")
    shape, fortran, dtype = _parse_header(text, version)
    header = len(npy.MAGIC_PREFIX) + 2 + width + length
    array = ArrayInFile(path, name, shape, dtype, fortran, -1 if start < 0 else start + header)
    if dtype.hasobject:
        raise ValueError(f"{title} holds Python objects, which are not loaded; write numbers")
    if array.size > present - header:
        raise ValueError(f"{title} announces {array.size} bytes of {dtype} {shape}, but {present - header} are there")
    return array


def _parse_header(text: bytes, version: tuple[int, int]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return shape, whether the first index changes fastest, and type."""
    try:
        content = literal_eval(text.decode("utf-8" if version >= (3, 0) else "latin1").strip())
        shape, fortran = tuple(int(size) for size in content["shape"]), bool(content["fortran_order"])
        dtype = npy.descr_to_dtype(content["descr"])
    except Exception as error:  # the text can be anything
        raise ValueError("its header is damaged") from error
    if any(size < 0 for size in shape):
        raise ValueError(f"its shape {shape} is negative")
    return shape, fortran, dtype
