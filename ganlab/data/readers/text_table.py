"""Tables in csv and parquet files, as texts."""

import csv
import gzip
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, final

from ganlab.data.readers.optional_package import import_for
from ganlab.kinds.table_numbers import parse_number

DELIMITERS = ",;\t|"
MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")
PARQUET = ".parquet"


@final
@dataclass(frozen=True)
class TextTable:
    """The names of columns, and the texts of each column (rows,); a missing value is empty."""

    names: Sequence[str]
    columns: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.columns[0])

    def column(self, name: str) -> Sequence[str]:
        """Return the texts of a column."""
        return self.columns[self.names.index(name)]

    def without(self, names: Sequence[str]) -> "TextTable":
        """Return the table without some columns."""
        left = [place for place, name in enumerate(self.names) if name not in names]
        return TextTable([self.names[place] for place in left], [self.columns[place] for place in left])


def read_table(path: str | Path, missing: Sequence[str] = MISSING) -> TextTable:
    """Read a csv, which may be gzipped and separated by commas, semicolons, tabs or bars, or a parquet file.

    The texts `missing` are missing values. Raises ValueError for a file that is absent or no table, with the line, and
    for one without names of columns or without rows.
    """
    place = Path(path).expanduser()
    if not place.is_file():
        what = "a folder" if place.is_dir() else "absent"
        raise ValueError(f"path must be a csv or parquet file, but {path} is {what}")
    names, rows = _read_parquet(place) if place.suffix.lower() == PARQUET else _read_csv(place)
    _check_names(place, names)
    if not rows:
        raise ValueError(f"{path} has no row below the names of its columns")
    absent = set(missing) | {""}
    columns = [["" if text in absent else text for text in column] for column in zip(*rows, strict=True)]
    return TextTable(names, columns)


def _read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with _open(path) as file:
            lines = list(_rows(file))
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        raise ValueError(f"{path} is no csv in UTF-8 ({error})") from error
    if not lines:
        raise ValueError(f"{path} is empty")
    (_, names), *rows = lines
    for number, row in rows:
        if len(row) != len(names):
            raise ValueError(
                f"line {number} of {path} has {len(row)} values, but the first line names {len(names)} columns; repair "
                "it, with quotation marks around texts that contain the separator"
            )
    return names, [row for _, row in rows]


def _open(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the texts of each line that is not empty."""
    first = file.readline()
    delimiter = max(DELIMITERS, key=first.count)
    yield from ((1, [name.strip() for name in row]) for row in csv.reader([first], delimiter=delimiter) if row)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    for row in reader:
        if row:
            yield reader.line_num + 1, [text.strip() for text in row]


def _read_parquet(path: Path) -> tuple[list[str], list[list[str]]]:
    parquet = import_for(path, "pyarrow.parquet", "parquet")
    try:
        table = parquet.read_table(path)
    except Exception as error:  # pyarrow has its own classes of errors
        raise ValueError(f"{path} cannot be read as parquet ({error})") from error
    columns = [[_text(value, path) for value in table.column(place).to_pylist()] for place in range(table.num_columns)]
    return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any, path: Path) -> str:
    """Return what a csv would have of a value."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return "" if value != value else repr(value)
        case list() | dict() | bytes():
            raise ValueError(
                f"{path} has a column of {type(value).__name__} values, which is none of a table; remove it"
            )
    return str(value)


def _check_names(path: Path, names: Sequence[str]) -> None:
    """Raise ValueError for names that are empty, repeated, or numbers, which a file without names has there."""
    if repeated := [name for place, name in enumerate(names) if name in names[:place]]:
        raise ValueError(f"{path} has two columns of the name '{repeated[0]}'; rename one")
    if any(not name.strip() for name in names):
        raise ValueError(f"{path} has a column without a name in its first line; name it")
    if all(map(is_number, names)):
        raise ValueError(f"the first line of {path} has numbers in place of the names of columns; add a line of names")


def is_number(text: str) -> bool:
    """Return whether a text is a finite decimal number."""
    try:
        return not math.isnan(parse_number(text))
    except ValueError:
        return False
