"""Columns of tables that hold numbers or dates."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import final

import numpy as np

from ganlab.kinds.table_columns import Column, Layout

DAY_SECONDS = 86_400
SMALLEST_DEVIATION = 1e-12  # relative to the mean; below it, a number counts as constant


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
