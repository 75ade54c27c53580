"""`RecordCache`, the records and pixels of decoded images on disk, which later openings of the same files use."""

import json
import os
import platform
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np
import PIL
import torch
from PIL import features
from torch import Tensor

from ganlab.core.cache_directory import cache_directory
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.cache_files import DRAFT, has_space, mark_used, new_cache_file
from ganlab.data.readers.image_records import DIGEST_BYTES, ImageRecords
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.record_file import read_records, write_records

FAILURES = (OSError, ValueError, MemoryError)
# That the content of records depends on.
SOURCES = ("array_images.py", "decode_image.py", "grey_range.py", "row_archive.py", "survey.py")
CODECS = ("jpg", "zlib", "libtiff", "webp", "libjpeg_turbo", "zlib_ng", "mozjpeg")


@final
class RecordCache:
    """Records of the images of one folder or zip, decoded in one way, below $GANLAB_CACHE and never in the folder.

    `reader` is a dataclass, such as a decoder, whose representation names everything that its results depend on. The
    key has everything besides the files that the pixels depend on: the reader with its source, and the versions
    of Pillow, its codecs and numpy. A file that is missing, damaged, written for another key or not writable only costs
    time, so none of this is reported.
    """

    def __init__(self, archive: Archive, reader: object) -> None:
        self._archive, self._reader = archive, reader

    def load(self, names: PathTable, stamps: Tensor, table: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return which images are unchanged, bool of shape (n,), and the digests (n, 32) of their pixels.

        With a `table` (n, channels, height, width), the pixels of unchanged images are read into it.
        """
        with suppress(*FAILURES):
            path, key = self._place()
            found = read_records(path, key, names, stamps, table)
            mark_used(path)
            return found
        return torch.zeros(len(names), dtype=torch.bool), torch.zeros(len(names), DIGEST_BYTES, dtype=torch.uint8)

    def save(self, records: ImageRecords, pixels: Tensor | None) -> None:
        """Write records, completely or not at all; pixels only if they leave half of the free space on the disk."""
        with suppress(*FAILURES):
            path, key = self._place()
            # Fails if another process is writing the same records.
            with new_cache_file(path, path.with_name(f".{path.name}{DRAFT}")) as file:
                kept = pixels if pixels is not None and has_space(path.parent, pixels.nbytes) else None
                write_records(file, key, records, kept)

    def _place(self) -> tuple[Path, str]:
        """Return the file's path and its key; raises OSError if there is no folder for it."""
        key = _key_text(self._archive, self._reader)
        try:
            folder = cache_directory() / "images"
        except RuntimeError as error:
            raise FileNotFoundError("there is no home folder") from error
        return folder / f"{sha256(key.encode()).hexdigest()[:32]}.records", key


def _key_text(archive: Archive, reader: object) -> str:
    """Return what the pixels depend on, in one line."""
    source = b"".join(Path(__file__).with_name(name).read_bytes() for name in SOURCES)
    key = {
        "root": os.path.realpath(archive.root),
        "reader": repr(reader),
        "source": sha256(source).hexdigest(),
        "versions": [PIL.__version__, np.__version__, *(str(features.version(name)) for name in CODECS)],
        "machine": [platform.machine(), sys.byteorder],
    }
    return json.dumps(key, sort_keys=True)
