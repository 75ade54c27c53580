"""Copies of encoded images in one file each, for formats in which a single row cannot be read alone."""

import os
import shutil
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import final
from uuid import uuid4
from weakref import finalize

import numpy as np

from ganlab.core.cache_directory import cache_directory
from ganlab.core.file_lock import FileLock
from ganlab.core.plain_files import open_plain
from ganlab.core.progress import progress
from ganlab.data.readers.cache_files import DRAFT, mark_used, new_cache_file
from ganlab.data.readers.file_stamp import stamp
from ganlab.data.readers.row_archive import RowArchive

SUFFIX = ".pack"
PLACE_BYTES = 8  # of an int64


@final
class PackedRows(RowArchive):
    """The rows of another archive, one after another in a file below $GANLAB_CACHE/packs, and after them their ends.

    The file stays open, because it may be removed while it is in use. Raises OSError if it is absent, and ValueError if
    it is damaged.
    """

    def __init__(self, root: Path, counts: dict[Path, int], pack: Path) -> None:
        self.root, self.counts, self._pack = root, counts, pack
        self._file = open_plain(pack)
        finalize(self, self._file.close)
        places = sum(counts.values()) + 1
        content = max(0, os.fstat(self._file.fileno()).st_size - places * PLACE_BYTES)
        self._file.seek(content)
        self._ends = np.frombuffer(self._file.read(), np.int64)  # (n + 1,): where every row starts, and the end
        if len(self._ends) != places or self._ends[-1] != content:
            raise ValueError(f"{pack} is damaged; remove it")

    def __reduce__(self) -> tuple[type["PackedRows"], tuple[Path, dict[Path, int], Path]]:
        """Make every process open the file itself."""
        return PackedRows, (self.root, self.counts, self._pack)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept nothing, because packs are only made from other formats."""
        return False

    def read_row(self, row: int) -> bytes:
        """Read an image at its place; raises ValueError for a row without an image."""
        start, end = self._ends[row : row + 2].tolist()
        if start == end:
            raise ValueError("the row has no bytes of an image")
        return os.pread(self._file.fileno(), end - start, start)  # threads read at the same time


def pack_rows(source: RowArchive) -> PackedRows:
    """Copy all rows in order, unless an earlier call has done so and the source is unchanged.

    One process at a time copies, and the others wait for it. Copies of an earlier state of the source are removed.
    Raises ValueError if the source cannot be read or the copy cannot be written.
    """
    root = sha256(os.fsencode(os.path.realpath(source.root))).hexdigest()[:16]
    stamps = [(str(path), count, stamp(path)) for path, count in source.counts.items()]
    name = f"{root}-{sha256(repr(stamps).encode()).hexdigest()[:16]}{SUFFIX}"
    try:
        pack, unfinished = cache_directory() / "packs" / name, cache_directory() / "unfinished" / name
        if (present := _open(source, pack)) is not None:
            return present
        with FileLock(unfinished / "lock", lambda holder: _print_waiting(holder, source.root)):
            if (finished := _open(source, pack)) is not None:  # by the process that this one waited for
                return finished
            for former in pack.parent.glob(f"{root}-*{SUFFIX}"):
                former.unlink(missing_ok=True)
            _write(source, pack)
            shutil.rmtree(unfinished, ignore_errors=True)
        return PackedRows(source.root, source.counts, pack)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"{source.root} needs a copy of its images on disk below $GANLAB_CACHE/packs, which cannot be written "
            f"({reason}); set GANLAB_CACHE to a folder with space, or raise data.memory_limit_mib"
        ) from error


def _open(source: RowArchive, pack: Path) -> PackedRows | None:
    """Return the copy of the source, None if there is none or it is damaged."""
    with suppress(FileNotFoundError, ValueError):
        packed = PackedRows(source.root, source.counts, pack)
        mark_used(pack)
        return packed
    return None


def _write(source: RowArchive, pack: Path) -> None:
    """Write the file; raises ValueError if the source cannot be read, and OSError if the file cannot be written."""
    ends = np.zeros(sum(source.counts.values()) + 1, np.int64)
    # A file system may have no locks, so every process has a draft of its own.
    with new_cache_file(pack, pack.with_name(f".{pack.name}.{uuid4().hex}{DRAFT}")) as file:
        for row in progress(range(len(ends) - 1), "copying images", "image"):
            ends[row + 1] = ends[row] + file.write(_read_row(source, row))
        file.write(ends.tobytes())


def _read_row(source: RowArchive, row: int) -> bytes:
    """Return an encoded image, b"" for a row without one, which its reader reports."""
    try:
        return source.read_row(row)
    except ValueError:
        return b""
    except OSError as error:
        raise ValueError(
            f"the image {row} of {source.root} cannot be read ({error}); copy or download the file again"
        ) from error


def _print_waiting(holder: str, root: Path) -> None:
    print(f"waiting for {holder}, which copies the images of {root}", file=sys.stderr, flush=True)
