"""Images in LMDB databases, as LSUN is published (Yu et al. 2015): one database for each category."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from ganlab.data.readers.file_list import SUFFIXES as IMAGES
from ganlab.data.readers.optional_package import import_for
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.row_archive import RowArchive
from ganlab.data.readers.shards import choose_part, list_visible

DATA = "data.mdb"
SUFFIXES = (".lmdb", ".mdb")
NAME = re.compile(r"^(?P<category>.+)_(?P<part>train|val|test)(_lmdb)?$")
NO_IMAGES = (b"length", b"__len__", b"__keys__", b"keys", b"num-samples")  # what other programs add

_environments: dict[str, Any] = {}  # of this process: LMDB allows to open a database only once


@final
class LmdbImages(RowArchive):
    """Encoded images as values, in the order of their keys; the classes are the categories of several databases.

    The path is a database, or a folder with databases CATEGORY_PART_lmdb.
    """

    def __init__(self, path: Path, part: str = "") -> None:
        self.root, self._source = (path / part if part else path), (path, part)
        self._library = import_for(path, "lmdb", "LMDB")
        databases = _find_databases(path)
        if path in databases:
            if part:
                raise ValueError(f"{path} has no parts, so {path}/{part} does not exist; give {path}")
        else:
            databases = choose_part(path, _group(databases), part)
        keys = [self._read_keys(database) for database in databases]
        self._databases = databases
        self.counts = {_data_file(database): len(names) for database, names in zip(databases, keys, strict=True)}
        self._keys = PathTable.of(key for names in keys for key in names)
        self._ends = np.cumsum([len(names) for names in keys])
        self._categories = [_category(database) for database in databases]

    def __reduce__(self) -> tuple[type["LmdbImages"], tuple[Path, str]]:
        """Make every process open the databases itself."""
        return LmdbImages, self._source

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Accept a database, and a folder of databases."""
        return bool(_find_databases(path))

    @classmethod
    def has_parts(cls, path: Path) -> bool:
        """Return whether a folder holds databases."""
        return bool(_find_databases(path)) and not (path / DATA).is_file()

    def read_row(self, row: int) -> bytes:
        """Return the value of a key."""
        database = self._databases[int(np.searchsorted(self._ends, row, side="right"))]
        with self._environment(database).begin() as transaction:
            value = transaction.get(self._keys[row].encode("latin-1"))
        if value is None:
            raise ValueError("the database has changed, and has no such key any more")
        return bytes(value)

    def class_numbers(self) -> np.ndarray | None:
        """Return the number of the category, if there are several."""
        if len(self._categories) < 2:
            return None
        return np.searchsorted(self._ends, np.arange(self._ends[-1]), side="right").astype(np.int64)

    def class_titles(self) -> Sequence[str]:
        """Return the categories."""
        return self._categories

    def _environment(self, database: Path) -> Any:
        key = str(database.resolve())
        if key not in _environments:
            _environments[key] = self._library.open(
                str(database), subdir=database.is_dir(), readonly=True, lock=False, readahead=False
            )
        return _environments[key]

    def _read_keys(self, database: Path) -> list[str]:
        try:
            with self._environment(database).begin() as transaction:
                keys = transaction.cursor().iternext(keys=True, values=False)
                return [bytes(key).decode("latin-1") for key in keys if bytes(key) not in NO_IMAGES]
        except self._library.Error as error:
            raise ValueError(f"{database} cannot be read as LMDB ({error}): unpack or download it again") from error


def _find_databases(path: Path) -> list[Path]:
    """Return the path itself or the databases in a folder, sorted."""
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    if (path / DATA).is_file():
        return [path]
    files, folders = list_visible(path)
    found = sorted(path / name for name in folders if (path / name / DATA).is_file())
    # Next to images or other folders, a database is not what the folder is for.
    return found if len(found) == len(folders) and not any(name.lower().endswith(IMAGES) for name in files) else []


def _group(databases: Sequence[Path]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for database in databases:
        match = NAME.match(database.name)
        groups.setdefault(match["part"] if match else "", []).append(database)
    return groups


def _category(database: Path) -> str:
    match = NAME.match(database.name)
    return match["category"] if match else database.name


def _data_file(database: Path) -> Path:
    return database / DATA if database.is_dir() else database
