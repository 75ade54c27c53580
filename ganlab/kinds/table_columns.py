"""Columns of tables: how the values of each type are encoded for networks, compared, and written.

Between files and networks, a column is an array of float64 values: numbers as they are, dates as days or seconds since
1970, categories as their index; NaN is a missing value.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, final

import numpy as np

DAY_SECONDS = 86_400
CATEGORY_SCALE = 0.5**0.5  # of one-hot features: two rows that differ in one category are at distance 1
SMALLEST_DEVIATION = 1e-12  # relative to the mean; below it, a number counts as constant


class Layout(NamedTuple):
    """What a column's code consists of: `numbers` without bounds, followed by one one-hot of `choices` entries."""

    numbers: int
    choices: int


@dataclass(frozen=True)
class Column(ABC):
    """A column of one type; `optional` if its values may be missing.

    A subclass with a `type` is registered under it, and its fields are plain values, so that exported descriptions can
    hold them. A subclass implements the abstract methods:

    >>> @dataclass(frozen=True)
    ... class SignColumn(Column):
    ...     type = "sign"
    ...     layout = Layout(1, 0)
    ...
    ...     def encode(self, values):
    ...         return np.sign(values)[:, None]
    ...
    ...     def decode(self, codes):
    ...         return np.sign(codes[:, 0])
    ...
    ...     def to_features(self, values):
    ...         return values[:, None]
    ...
    ...     def from_features(self, features):
    ...         return np.sign(features[:, 0])
    ...
    ...     def parse(self, texts):
    ...         return np.array([1.0 if text == "+" else -1.0 for text in texts])
    ...
    ...     def format(self, values):
    ...         return ["+" if value > 0 else "-" for value in values]
    >>> column = build_column({"type": "sign", "name": "charge", "optional": False})
    >>> column.format(column.decode(column.encode(column.parse(["+", "-"]))))
    ['+', '-']
    """

    registered: ClassVar[dict[str, type["Column"]]] = {}  # by type

    type: ClassVar[str]
    is_number: ClassVar[bool] = True  # its values have an order and distances

    name: str
    optional: bool

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "type" in vars(cls):
            Column.registered[cls.type] = cls

    def describe(self) -> dict[str, Any]:
        """Return the type and all fields as plain values, from which `build_column` makes an equal column."""
        return {"type": self.type, **asdict(self)}

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """What the code consists of."""

    @property
    def width(self) -> int:
        """The length of the code of one value."""
        return sum(self.layout)

    @abstractmethod
    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return the codes (n, width) of values (n,)."""

    @abstractmethod
    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the values (n,) of any codes (n, width), rounded and cut off to values that the column may have."""

    @abstractmethod
    def to_features(self, values: np.ndarray) -> np.ndarray:
        """Return numbers (n, k) for distances and for models: standardised numbers, scaled one-hots of categories."""

    @abstractmethod
    def from_features(self, features: np.ndarray) -> np.ndarray:
        """Return the values (n,) nearest to features (n, k)."""

    @abstractmethod
    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """Return the values (n,) of a file's texts, empty for missing; raises ValueError for a text of another type."""

    @abstractmethod
    def format(self, values: np.ndarray) -> list[str]:
        """Return the texts of values (n,) for a file."""


@dataclass(frozen=True)
class NumericColumn(Column, ABC):
    """Numbers by mode-specific normalisation (Xu et al. 2019, CTGAN, section 4.2), in a range from `low` to `high`.

    The code is the distance from the mean of the value's most probable mode, in its deviations, and a one-hot of the
    mode, in which a missing value is one more mode. With a single mode and no missing values it is the standardised
    number alone. Subclasses say how values are rounded, read and written:

    >>> @dataclass(frozen=True)
    ... class Whole(NumericColumn):
    ...     def round(self, values):
    ...         return values.round()
    ...
    ...     def parse(self, texts):
    ...         return np.array([float(text) for text in texts])
    ...
    ...     def format(self, values):
    ...         return [f"{value:.0f}" for value in values]
    >>> column = Whole("age", False, means=[20.0, 60.0], deviations=[5.0, 10.0], shares=[0.5, 0.5], low=0, high=99)
    >>> column.encode(np.array([25.0, 50.0])).tolist()
    [[1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]
    """

    means: Sequence[float]
    deviations: Sequence[float]
    shares: Sequence[float]  # of the modes
    low: float
    high: float

    @abstractmethod
    def round(self, values: np.ndarray) -> np.ndarray:
        """Return the nearest values that the column may have."""

    @property
    def layout(self) -> Layout:
        """One number, and a one-hot if there are several modes or missing values."""
        choices = len(self.means) + self.optional
        return Layout(1, choices if choices > 1 else 0)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return the codes of values; a missing value has the number 0."""
        missing = np.isnan(values)
        distances = (np.where(missing, self.means[0], values)[:, None] - self.means) / self._scales
        modes = (np.log(self.shares) - np.log(self._scales) - distances**2 / 2).argmax(1)
        numbers = np.where(missing, 0.0, distances[np.arange(len(values)), modes])[:, None]
        choices = self.layout.choices
        chosen = np.where(missing, choices - 1, modes)
        return np.concatenate([numbers, np.eye(choices)[chosen]], 1) if choices else numbers

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the values, in the range of the column."""
        modes = codes[:, 1:].argmax(1) if self.layout.choices else np.zeros(len(codes), int)
        missing = modes == len(self.means)
        modes = np.where(missing, 0, modes)
        values = np.asarray(self.means)[modes] + self._scales[modes] * codes[:, 0].astype(np.float64)
        return np.where(missing, np.nan, self._fit(values))

    def to_features(self, values: np.ndarray) -> np.ndarray:
        """Return standardised values, 0 for missing ones, and whether each is missing if it may be."""
        missing = np.isnan(values)
        numbers = np.where(missing, 0.0, (values - self.mean) / self.deviation)
        return np.stack([numbers, missing], 1) if self.optional else numbers[:, None]

    def from_features(self, features: np.ndarray) -> np.ndarray:
        """Return the values; one is missing if its second feature is above a half."""
        values = self._fit(self.mean + self.deviation * features[:, 0])
        return np.where(features[:, 1] > 0.5, np.nan, values) if self.optional else values

    @property
    def mean(self) -> float:
        """The mean of all modes."""
        return float(np.dot(self.shares, self.means))

    @property
    def deviation(self) -> float:
        """The standard deviation over all modes; 1 if the values are constant."""
        squares = np.square(self.deviations) + np.square(np.asarray(self.means) - self.mean)
        deviation = float(np.dot(self.shares, squares)) ** 0.5
        return deviation if deviation > SMALLEST_DEVIATION * abs(self.mean) else 1.0

    @property
    def _scales(self) -> np.ndarray:
        deviations = np.asarray(self.deviations, float)
        return np.where(deviations > SMALLEST_DEVIATION * np.abs(self.means), deviations, 1.0)

    def _fit(self, values: np.ndarray) -> np.ndarray:
        return self.round(np.clip(values, self.low, self.high))


@final
@dataclass(frozen=True)
class NumberColumn(NumericColumn):
    """Numbers with `decimals` digits after the point, of which files have `written_decimals`; integers have none."""

    type = "number"

    decimals: int
    written_decimals: int

    def round(self, values: np.ndarray) -> np.ndarray:
        """Round to the decimals."""
        return values.round(self.decimals)

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """Read decimal numbers, rounded to the decimals."""
        return self.round(np.array([parse_number(text) for text in texts]))

    def format(self, values: np.ndarray) -> list[str]:
        """Write all decimals, and nothing for missing values."""
        texts = [f"{value:.{self.written_decimals}f}" for value in (values + 0.0).tolist()]  # -0 becomes 0
        return ["" if text == "nan" else text for text in texts]


@final
@dataclass(frozen=True)
class DateColumn(NumericColumn):
    """Dates or times of one format of `datetime.strptime`: days since 1970, or seconds if the format has a time."""

    type = "date"

    date_format: str

    def round(self, values: np.ndarray) -> np.ndarray:
        """Round to whole days or seconds."""
        return values.round()

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """Read dates."""
        return np.array([self._parse_one(text) for text in texts])

    def format(self, values: np.ndarray) -> list[str]:
        """Write dates in the format, and nothing for missing values."""
        return [
            "" if np.isnan(value) else datetime.fromtimestamp(value * self._unit, UTC).strftime(self.date_format)
            for value in values.tolist()
        ]

    def _parse_one(self, text: str) -> float:
        if not text:
            return float("nan")
        return datetime.strptime(text, self.date_format).replace(tzinfo=UTC).timestamp() / self._unit

    @property
    def _unit(self) -> int:
        return 1 if has_time(self.date_format) else DAY_SECONDS


@final
@dataclass(frozen=True)
class CategoryColumn(Column):
    """Texts from a list; a missing value is one more category."""

    type = "category"
    is_number = False

    values: Sequence[str]

    @property
    def layout(self) -> Layout:
        """A one-hot."""
        return Layout(0, len(self.values) + self.optional)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return one-hots."""
        return np.eye(self.width)[np.where(np.isnan(values), len(self.values), values).astype(int)]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the indices of the largest entries."""
        indices = codes.argmax(1)
        return np.where(indices == len(self.values), np.nan, indices)

    def to_features(self, values: np.ndarray) -> np.ndarray:
        """Return scaled one-hots."""
        return self.encode(values) * CATEGORY_SCALE

    def from_features(self, features: np.ndarray) -> np.ndarray:
        """Return the indices of the largest features."""
        return self.decode(features)

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """Return the indices of texts."""
        index_of = {value: float(index) for index, value in enumerate(self.values)} | {"": float("nan")}
        if unknown := [text for text in texts if text not in index_of]:
            raise ValueError(f"'{unknown[0]}' is not one of the values {', '.join(self.values)}")
        return np.array([index_of[text] for text in texts])

    def format(self, values: np.ndarray) -> list[str]:
        """Return the texts of indices."""
        return ["" if np.isnan(value) else self.values[int(value)] for value in values.tolist()]


def build_column(facts: Mapping[str, Any]) -> Column:
    """Return the column that `Column.describe` described; raises ValueError for facts that describe none."""
    fields = dict(facts)
    name = fields.pop("type", None)
    if name not in Column.registered:
        raise ValueError(f"a column must be of one of the types {', '.join(Column.registered)}, got {name!r}")
    return Column.registered[name](**fields)


def parse_number(text: str) -> float:
    """Return a number of a file, NaN for an empty text; raises ValueError for other texts, infinity and NaN."""
    if not text:
        return float("nan")
    number = float(text)
    if not np.isfinite(number) or "_" in text:
        raise ValueError(f"'{text}' is no decimal number")
    return number


def has_time(date_format: str) -> bool:
    """Return whether a format has a time of day."""
    return any(directive in date_format for directive in ("%H", "%M", "%S"))
