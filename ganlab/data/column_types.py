"""Finds the types of the columns of a table from their texts, unless they are given."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import final

import numpy as np

from ganlab.data.gaussian_modes import fit_modes
from ganlab.data.readers.text_table import TextTable, is_number
from ganlab.kinds.table_categories import CategoryColumn
from ganlab.kinds.table_columns import Column
from ganlab.kinds.table_numbers import DateColumn, NumberColumn, has_time, parse_number

AUTO = "auto"
TYPES = ("number", "category", "date")
DATE_FORMATS = tuple(
    f"{day}{time}"
    for day in ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d")
    for time in ("", " %H:%M:%S", "T%H:%M:%S", " %H:%M", "T%H:%M")
)
MOST_CATEGORIES = 1000
MOST_DECIMALS = 12
USUAL_SHARE = 0.95  # of different values that have the decimals of their column, or fewer
FEW_NUMBERS = 2  # numbers of so few different values are categories, such as 0 and 1


@final
class ColumnTypes:
    """The types of columns: those of `types` by name, such as {"zip": "category", "day": "date:%d.%m.%Y"}; else found.

    `modes` is the number of modes of each number, or "auto". Raises ValueError for an unknown type, or a number of
    modes below 1.
    """

    def __init__(self, types: Mapping[str, str], modes: int | str) -> None:
        for name, text in types.items():
            if text.partition(":")[0] not in TYPES:
                raise ValueError(
                    f"types.{name} must be {', '.join(TYPES)}, or date:FORMAT such as date:%d.%m.%Y, got {text!r}"
                )
        if modes != AUTO and (not isinstance(modes, int) or modes < 1):
            raise ValueError(f"modes must be at least 1, or {AUTO}, got {modes!r}")
        self.types, self.modes = dict(types), None if modes == AUTO else int(modes)

    def columns(self, table: TextTable, train: np.ndarray) -> list[Column]:
        """Return the columns of a table; means and deviations are those of the rows `train` (n,).

        Categories, ranges and decimals are those of all rows. Raises ValueError for a type of a column that there is
        not, for texts of another type, and for a column in which nothing can be learnt.
        """
        if unknown := [name for name in self.types if name not in table.names]:
            raise ValueError(f"types names the column '{unknown[0]}', but the columns are {', '.join(table.names)}")
        return [self._column(name, table.column(name), train) for name in table.names]

    def type_of(self, name: str, texts: Sequence[str]) -> str:
        """Return the type of a column; raises ValueError if it has no value."""
        known = [text for text in texts if text]
        if not known:
            raise ValueError(f"the column '{name}' has no value in any row; name it in exclude")
        return self.types.get(name, "").partition(":")[0] or find_type(known)

    def _column(self, name: str, texts: Sequence[str], train: np.ndarray) -> Column:
        kind, date_format = self.type_of(name, texts), self.types.get(name, "").partition(":")[2]
        try:
            if kind == "category":
                return _category(name, texts)
            if kind == "date":
                return self._date(name, texts, date_format, train)
            return self._number(name, texts, train)
        except ValueError as error:
            raise ValueError(f"the column '{name}' cannot be read as {kind}: {error}") from error

    def _number(self, name: str, texts: Sequence[str], train: np.ndarray) -> NumberColumn:
        digits = [_decimals(text) for text in {text for text in texts if text}]
        decimals, written = (_usual(counts) for counts in zip(*digits, strict=True))
        plain = NumberColumn(name, "" in texts, [0], [1], [1], 0, 0, decimals, written)
        values = plain.parse(texts)
        return NumberColumn(name, "" in texts, *self._modes(values, train, 10.0**-decimals), decimals, written)

    def _date(self, name: str, texts: Sequence[str], date_format: str, train: np.ndarray) -> DateColumn:
        date_format = date_format or _date_format([text for text in texts if text])
        plain = DateColumn(name, "" in texts, [0], [1], [1], 0, 0, date_format)
        return DateColumn(name, "" in texts, *self._modes(plain.parse(texts), train, 1.0), date_format)

    def _modes(
        self, values: np.ndarray, train: np.ndarray, resolution: float
    ) -> tuple[list[float], list[float], list[float], float, float]:
        known = values[~np.isnan(values)]
        seen = values[train][~np.isnan(values[train])]
        mixture = fit_modes(seen if len(seen) else known, self.modes, resolution)
        parts = mixture.means.tolist(), mixture.deviations.tolist(), mixture.shares.tolist()
        return *parts, float(known.min()), float(known.max())


def find_type(known: Sequence[str]) -> str:
    """Return the type of a column with these texts, none of which is missing.

    Numbers of at most two different values are categories, and so are other texts unless all are dates of one format.
    """
    if all(map(is_number, known)):
        return "number" if len({float(text) for text in known}) > FEW_NUMBERS else "category"
    return "date" if _fitting_formats(known) else "category"


def _category(name: str, texts: Sequence[str]) -> CategoryColumn:
    found = {text for text in texts if text}
    if len(found) > MOST_CATEGORIES or len(found) == len(texts) > FEW_NUMBERS:
        raise ValueError(
            f"it has {len(found)} different texts in {len(texts)} rows, which nothing can be learnt from; name it in "
            f"exclude (data.exclude=[{name}])"
        )
    numeric = all(map(is_number, found))
    values = sorted(found, key=lambda text: (float(text) if numeric else 0.0, text))
    return CategoryColumn(name, "" in texts, values)


def _date_format(known: Sequence[str]) -> str:
    formats = _fitting_formats(known)
    if not formats:
        raise ValueError(f"'{known[0]}' or another text is of no known format; set types to date:FORMAT")
    return formats[0]


def _fitting_formats(known: Sequence[str]) -> list[str]:
    """Return the formats that all texts have; of several, such as 03/04/2020, the first is meant."""
    formats = list(DATE_FORMATS)
    for text in dict.fromkeys(known):
        formats = [each for each in formats if _has_format(text, each)]
        if not formats:
            break
    return formats


def _has_format(text: str, date_format: str) -> bool:
    try:
        return datetime.strptime(text, date_format).strftime(date_format) == text or has_time(date_format)
    except ValueError:
        return False


def _usual(counts: Sequence[int]) -> int:
    """Return the number of decimals that most values need at most: a few have more by errors of rounding."""
    return sorted(counts)[ceil(USUAL_SHARE * len(counts)) - 1]


def _decimals(text: str) -> tuple[int, int]:
    """Return how many decimals a number needs, and how many its text has, both at most 12."""
    parse_number(text)  # which has the better message
    number = Decimal(text)
    places = [-int(each.as_tuple().exponent) for each in (number.normalize(), number)]
    needed, written = (min(max(0, place), MOST_DECIMALS) for place in places)
    return needed, needed if "e" in text.lower() else written
