"""Decoding all images of an archive once; files that did not change since an earlier time are not read again."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from ganlab.core.progress import progress_bar
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder, without_pillow_limits
from ganlab.data.readers.image_records import ImageRecords, discard_recent
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.record_cache import RecordCache

CHUNK = 16  # images that a thread decodes at a time


@dataclass(frozen=True)
class Decoded:
    """The SHA-256 of every image's pixels, uint8 of shape (n, 32), and why images cannot be read, by row."""

    digests: Tensor
    errors: dict[int, str]

    def digest(self, rows: Tensor) -> str:
        """Return a SHA-256 of the images at `rows` (m,), in hexadecimal, equal to `Images.digest` of them."""
        return sha256(self.digests[rows].numpy().tobytes()).hexdigest()


def decode_all(archive: Archive, names: PathTable, decoder: ImageDecoder, table: Tensor | None = None) -> Decoded:
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
    archive: Archive, names: PathTable, decoder: ImageDecoder, rows: Tensor, store: Callable[[int, np.ndarray], object]
) -> dict[int, str]:
    """Call `store` with each of the `rows` (m,) and its image; return why images cannot be read, by row."""

    def decode(part: Tensor) -> dict[int, str]:
        errors = {}
        for row in part.tolist():
            try:
                store(row, decoder.decode(archive.read(names[row])).numpy())
            except Exception as error:  # decoders can raise any exception for broken bytes
                errors[row] = error_text(error)
        return errors

    errors: dict[int, str] = {}
    with (
        without_pillow_limits(),
        _cancelled_on_exception(ThreadPoolExecutor(os.cpu_count())) as pool,
        progress_bar("reading images", len(rows), "image") as bar,
    ):
        parts = rows.split(CHUNK) if len(rows) else ()
        for part, failed in zip(parts, pool.map(decode, parts), strict=True):
            errors |= failed
            bar.update(len(part))
    return errors


@contextmanager
def _cancelled_on_exception(pool: ThreadPoolExecutor) -> Iterator[ThreadPoolExecutor]:
    """Wait for the pool's work at the end, but start none of it that is left after an exception, such as Ctrl-C."""
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def error_text(error: Exception) -> str:
    """Return an error's message, or its type if it has none."""
    return str(error) or type(error).__name__
