"""`Column`, the base class of columns of tables: how values of a type are encoded for networks, compared, and written.

Between files and networks, a column is an array of float64 values: numbers as they are, dates as days or seconds since
1970, categories as their index; NaN is a missing value.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np


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


def build_column(facts: Mapping[str, Any]) -> Column:
    """Return the column that `Column.describe` described; raises ValueError for facts that describe none."""
    fields = dict(facts)
    name = fields.pop("type", None)
    if name not in Column.registered:
        raise ValueError(f"a column must be of one of the types {', '.join(sorted(Column.registered))}, got {name!r}")
    return Column.registered[name](**fields)
