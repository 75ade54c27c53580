"""Copies of encoded images in one file each, for formats in which a single row cannot be read alone."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.cache_directory import cache_directory
from ganlab.core.plain_files import open_plain
from ganlab.core.progress import progress
from ganlab.data.readers.row_archive import RowArchive

INDEX_SUFFIX = ".index.npy"


@final
class PackedRows(RowArchive):
    """The rows of another archive, one after another in a file below $GANLAB_CACHE/packs."""

    def __init__(self, source: RowArchive, pack: Path) -> None:
        self.root, self.counts = source.root, source.counts
        self._pack = pack
        self._ends = torch.from_numpy(np.load(_index_of(pack)))  # (n + 1,) int64: where every row starts, and the end

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept nothing, because packs are only made from other formats."""
        return False

    def read_row(self, row: int) -> bytes:
        """Read an image at its place; raises ValueError for a row without an image."""
        start, end = self._ends[row : row + 2].tolist()
        if start == end:
            raise ValueError("the row has no bytes of an image")
        with open_plain(self._pack) as file:
            file.seek(start)
            return file.read(end - start)


def pack_rows(source: RowArchive) -> PackedRows:
    """Copy all rows in order, unless an earlier call has done so and the source is unchanged.

    Copies of an earlier state of the source are removed. Raises ValueError if the copy cannot be written.
    """
    names = source.files().images
    root = sha256(os.fsencode(os.path.realpath(source.root))).hexdigest()[:16]
    state = sha256(source.stamps(names).numpy().tobytes()).hexdigest()[:16]
    try:
        folder = cache_directory() / "packs"
        folder.mkdir(parents=True, exist_ok=True)
        pack = folder / f"{root}-{state}.pack"
        if not (pack.exists() and _index_of(pack).exists()):
            for former in folder.glob(f"{root}-*"):
                former.unlink(missing_ok=True)
            _write(source, len(names), pack)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"{source.root} needs a copy of its images on disk below $GANLAB_CACHE/packs, which cannot be written "
            f"({reason}); set GANLAB_CACHE to a folder with space, or raise data.memory_limit_mib"
        ) from error
    return PackedRows(source, pack)


def _write(source: RowArchive, count: int, pack: Path) -> None:
    """Write the file and its index, completely or not at all."""
    draft = pack.with_name(f"{pack.name}.{os.getpid()}.draft")
    ends: Tensor = torch.zeros(count + 1, dtype=torch.int64)
    position = 0
    try:
        with draft.open("wb") as file:
            for row in progress(range(count), "copying images", "image"):
                with suppress(ValueError):  # a row without an image, which its reader reports
                    position += file.write(source.read_row(row))
                ends[row + 1] = position
        np.save(draft.with_suffix(".npy"), ends.numpy())
        os.replace(draft.with_suffix(".npy"), _index_of(pack))
        os.replace(draft, pack)
    except BaseException:
        draft.unlink(missing_ok=True)
        draft.with_suffix(".npy").unlink(missing_ok=True)
        raise


def _index_of(pack: Path) -> Path:
    return pack.with_name(f"{pack.name}{INDEX_SUFFIX}")
