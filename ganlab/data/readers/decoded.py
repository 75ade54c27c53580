"""Decoding all images of an archive once; files that did not change since an earlier time are not read again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.every_row import for_every_row
from ganlab.data.readers.frame_names import frame_of
from ganlab.data.readers.image_records import ImageRecords, discard_recent
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.record_cache import RecordCache


class Decodes(Protocol):
    """What makes pixels of bytes; its representation names everything that the pixels depend on."""

    def decode(self, data: bytes, frame: int = 0) -> Tensor:
        """Return a frame as uint8 of shape (channels, height, width); raises any exception if that fails."""


@dataclass(frozen=True)
class Decoded:
    """The SHA-256 of every image's pixels, uint8 of shape (n, 32), and why images cannot be read, by row."""

    digests: Tensor
    errors: dict[int, str]

    def digest(self, rows: Tensor) -> str:
        """Return a SHA-256 of the images at `rows` (m,), in hexadecimal, equal to `Images.digest` of them."""
        return sha256(self.digests[rows].numpy().tobytes()).hexdigest()


def decode_all(archive: Archive, names: PathTable, decoder: Decodes, table: Tensor | None = None) -> Decoded:
    """Decode the images that changed since an earlier call, and return the digests of all.

    With a `table` (n, channels, height, width), all pixels are written to it. A file is unchanged if its size, its
    inode and the times of its last changes are the same; if they are too recent to be sure, it is decoded again.
    """
    cache = RecordCache(archive, decoder)
    stamps = discard_recent(archive.stamps(names), time.time_ns())
    known, digests = cache.load(names, stamps, table)
    rows = known.logical_not().nonzero()[:, 0]
    hashes, pixels = digests.numpy(), None if table is None else table.numpy()

    def store(row: int, image: np.ndarray) -> None:
        hashes[row] = np.frombuffer(sha256(image.data).digest(), np.uint8)
        if pixels is not None:
            pixels[row] = image

    errors = decode_rows(archive, names, decoder, rows, store)
    unreadable = torch.tensor(list(errors), dtype=torch.int64)
    stamps[unreadable] = -1
    if table is not None:
        table[unreadable] = 0
    if (stamps[rows, 0] >= 0).any():
        cache.save(ImageRecords(names, stamps, digests), table)
    return Decoded(digests, errors)


def decode_rows(
    archive: Archive, names: PathTable, decoder: Decodes, rows: Tensor, store: Callable[[int, np.ndarray], object]
) -> dict[int, str]:
    """Call `store` with each of the `rows` (m,) and its image; return why images cannot be read, by row."""

    def decode(row: int) -> None:
        name = names[row]
        store(row, decoder.decode(archive.read(name), frame_of(name)).numpy())

    return for_every_row(rows, decode, "reading images")
