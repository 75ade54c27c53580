"""Images in the rows of parquet files, as hubs of data sets pack them."""

import json
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.optional_package import import_for
from ganlab.data.readers.packed_rows import pack_rows
from ganlab.data.readers.row_archive import RowArchive
from ganlab.data.readers.shards import find_shards, list_shards
from ganlab.data.readers.zip_file import first_bytes

SUFFIX, MAGIC = ".parquet", b"PAR1"
IMAGE_COLUMNS = ("image", "img", "jpg", "png", "webp", "picture", "pixel_values")
LABEL_COLUMNS = ("label", "labels", "fine_label", "class", "target", "cls")
KEPT_GROUPS = 2  # groups of rows that stay in memory, because images are first read in order


@final
class Parquet(RowArchive):
    """A parquet file, or the files of one part in a folder: a column of encoded images, and one of class numbers.

    The image column is binary, or has the fields `bytes` and `path`. Raises ValueError if there is none.
    """

    def __init__(self, path: Path, part: str = "") -> None:
        self.root, self._source = (path / part if part else path), (path, part)
        shards = list_shards(path, part, SUFFIX)
        self._reader = import_for(path, "pyarrow.parquet", "parquet")
        self._lock, self._groups = threading.Lock(), OrderedDict[tuple[int, int], Any]()
        self._files = [self._open(shard) for shard in shards]
        schema = self._files[0].schema_arrow
        self._image = _image_column(shards[0], schema)
        self._label, self._titles = _label_column(schema)
        self.counts = {shard: file.metadata.num_rows for shard, file in zip(shards, self._files, strict=True)}
        self._starts = _starts(self._files)
        self._numbers = None if self._label is None else self._read_labels()

    def __reduce__(self) -> tuple[type["Parquet"], tuple[Path, str]]:
        """Make every process open the files itself."""
        return Parquet, self._source

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept a parquet file, or a folder of them."""
        if path.is_dir():
            return cls.has_parts(path)
        return path.suffix.lower() == SUFFIX or first_bytes(path, len(MAGIC)) == MAGIC

    @classmethod
    def has_parts(cls, path: Path) -> bool:
        """Return whether a folder holds parquet files."""
        return bool(find_shards(path, SUFFIX))

    def read_row(self, row: int) -> bytes:
        """Return the encoded image at a row."""
        place = bisect_right([start for start, _, _ in self._starts], row) - 1
        start, file, group = self._starts[place]
        value = self._read_group(file, group)[row - start].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if not data:
            raise ValueError("the row has no bytes of an image")
        return bytes(data)

    def class_numbers(self) -> np.ndarray | None:
        """Return the column of labels."""
        return self._numbers

    def class_titles(self) -> Sequence[str]:
        """Return the names of classes in the metadata of the file."""
        return self._titles

    def for_random_access(self) -> Archive:
        """Return a copy of the images, because reading one row means to decode a group of hundreds."""
        return pack_rows(self)

    def _open(self, shard: Path) -> Any:
        try:
            return self._reader.ParquetFile(shard)
        except (OSError, ValueError) as error:  # of which pyarrow's errors are subclasses
            raise ValueError(f"{shard} cannot be read as parquet ({error}): download it again") from error

    def _read_group(self, file: int, group: int) -> Any:
        with self._lock:
            key = (file, group)
            if key not in self._groups:
                self._groups[key] = self._files[file].read_row_group(group, [self._image]).column(0)
            self._groups.move_to_end(key)
            while len(self._groups) > KEPT_GROUPS:
                self._groups.popitem(last=False)
            return self._groups[key]

    def _read_labels(self) -> np.ndarray:
        columns = [file.read([self._label]).column(0) for file in self._files]
        # Before -1 replaces what is absent, because types without a sign do not have it.
        return np.concatenate([column.cast("int64").fill_null(-1).to_numpy() for column in columns])


def _image_column(path: Path, schema: Any) -> str:
    def is_image(field: Any) -> bool:
        kind = field.type
        inner = [kind.field(i).name for i in range(kind.num_fields)] if str(kind).startswith("struct") else []
        return "bytes" in inner or str(kind) in ("binary", "large_binary")

    found = [field.name for field in schema if is_image(field)]
    chosen = next((name for name in IMAGE_COLUMNS if name in found), found[0] if len(found) == 1 else None)
    if chosen is None:
        raise ValueError(
            f"{path} must have one column of encoded images, such as 'image', but its columns are "
            f"{', '.join(schema.names)}; write it again with the images as bytes of PNG or JPEG files"
        )
    return chosen


def _label_column(schema: Any) -> tuple[str | None, list[str]]:
    """Return the column of class numbers and the names of the classes, if there are any."""
    features = _features(schema)
    known = [name for name, feature in features.items() if feature.get("_type") == "ClassLabel"]
    integers = [field.name for field in schema if str(field.type).startswith(("int", "uint"))]
    candidates = [name for name in (*known, *LABEL_COLUMNS) if name in integers]
    if not candidates:
        return None, []
    return candidates[0], list(features.get(candidates[0], {}).get("names") or [])


def _features(schema: Any) -> dict[str, dict[str, Any]]:
    """Return what the datasets library notes about columns."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: feature for name, feature in features.items() if isinstance(feature, dict)}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _starts(files: Sequence[Any]) -> list[tuple[int, int, int]]:
    """Return for every group of rows its first row over all files, its file, and its number there."""
    row, starts = 0, []
    for number, file in enumerate(files):
        for group in range(file.metadata.num_row_groups):
            starts.append((row, number, group))
            row += file.metadata.row_group(group).num_rows
    return starts
