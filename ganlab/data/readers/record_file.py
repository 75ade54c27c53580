"""The file format of image records and pixels: a key, sizes and checksums, and the bare bytes of the tensors."""

import os
import struct
import zlib
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from ganlab.data.readers.image_records import DIGEST_BYTES, STAMP_NUMBERS, ImageRecords
from ganlab.data.readers.path_table import PathTable

MAGIC = "ganlab image records 1"
HEADER = struct.Struct("<3q3I")  # images, bytes of paths, bytes per image; checksums of records, pixels and this
CHUNK = 1 << 22  # bytes of pixels read at a time


def write_records(file: BinaryIO, key: str, records: ImageRecords, pixels: Tensor | None) -> None:
    """Write records, and the pixels (n, channels, height, width) of their images if they are given."""
    tensors = (records.names.text, records.names.ends, records.stamps, records.digests)
    record_check = 0
    for tensor in tensors:
        record_check = zlib.crc32(_view(tensor), record_check)
    image_bytes = 0 if pixels is None else pixels[0].numel()
    pixel_check = 0 if pixels is None else zlib.crc32(_view(pixels))
    header = HEADER.pack(len(records.names), len(records.names.text), image_bytes, record_check, pixel_check, 0)
    file.write(_prefix(key) + header[:-4] + struct.pack("<I", zlib.crc32(header[:-4])))
    for tensor in tensors if pixels is None else (*tensors, pixels):
        file.write(_view(tensor))


def read_records(path: Path, key: str, names: PathTable, stamps: Tensor, table: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return which images are unchanged, bool of shape (n,), and the digests (n, 32), zero for the others.

    With a `table` (n, channels, height, width), the pixels of unchanged images are read into it. Raises OSError if the
    file cannot be read, and ValueError if it is damaged or incomplete, has another key, or has no pixels for a table.
    """
    with path.open("rb") as file:
        prefix = _prefix(key)
        if file.read(len(prefix)) != prefix:
            raise ValueError("the key differs")
        header = file.read(HEADER.size)
        if len(header) != HEADER.size or zlib.crc32(header[:-4]) != int.from_bytes(header[-4:], "little"):
            raise ValueError("the header is damaged")
        count, text_bytes, image_bytes, record_check, pixel_check, _ = HEADER.unpack(header)
        size = len(prefix) + HEADER.size + text_bytes + count * (8 + 8 * STAMP_NUMBERS + DIGEST_BYTES + image_bytes)
        if min(count, text_bytes) < 1 or os.fstat(file.fileno()).st_size != size:
            raise ValueError("the file is incomplete")
        records = _read_tensors(file, count, text_bytes, record_check)
        sources = records.find(names, stamps)
        if table is not None:
            _read_pixels(file, count, image_bytes, pixel_check, sources, table)
    known = sources >= 0
    digests = torch.zeros(len(names), DIGEST_BYTES, dtype=torch.uint8)
    digests[known] = records.digests[sources[known]]
    return known, digests


def _read_tensors(file: BufferedReader, count: int, text_bytes: int, expected_check: int) -> ImageRecords:
    text = torch.empty(text_bytes, dtype=torch.uint8)
    ends = torch.empty(count, dtype=torch.int64)
    stamps = torch.empty(count, STAMP_NUMBERS, dtype=torch.int64)
    digests = torch.empty(count, DIGEST_BYTES, dtype=torch.uint8)
    check = 0
    for tensor in (text, ends, stamps, digests):
        _fill(file, tensor)
        check = zlib.crc32(_view(tensor), check)
    if check != expected_check:
        raise ValueError("the records are damaged")
    return ImageRecords(PathTable(text, ends), stamps, digests)


def _read_pixels(
    file: BufferedReader, count: int, image_bytes: int, expected_check: int, sources: Tensor, table: Tensor
) -> None:
    """Read all pixels, and put those of record `sources[row]` into `table[row]`."""
    if image_bytes != table.shape[1:].numel():
        raise ValueError("the file has no pixels of this shape")
    rows, check = table.view(len(table), image_bytes), 0
    targets = torch.full((count,), -1)
    known = (sources >= 0).nonzero()[:, 0]
    targets[sources[known]] = known
    buffer = torch.empty(max(1, CHUNK // image_bytes), image_bytes, dtype=torch.uint8)
    for places in targets.split(len(buffer)):
        # Reading to the final place saves a copy; in a folder that has not changed, that is every image.
        in_order = bool(places[0] >= 0 and (places.diff() == 1).all())
        part = rows[places[0] : places[0] + len(places)] if in_order else buffer[: len(places)]
        _fill(file, part)
        check = zlib.crc32(_view(part), check)
        if not in_order:
            wanted = places >= 0
            rows.index_copy_(0, places[wanted], part[wanted])
    if check != expected_check:
        raise ValueError("the pixels are damaged")


def _fill(file: BufferedReader, tensor: Tensor) -> None:
    if file.readinto(_view(tensor)) != tensor.nbytes:
        raise ValueError("the file is incomplete")


def _view(tensor: Tensor) -> memoryview:
    return tensor.numpy().data.cast("B")


def _prefix(key: str) -> bytes:
    return f"{MAGIC}\n{key}\n".encode()
