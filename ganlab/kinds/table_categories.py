"""Columns of tables that hold one of a few texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from ganlab.kinds.table_columns import Column, Layout

CATEGORY_SCALE = 0.5**0.5  # of one-hot features: two rows that differ in one category are at distance 1


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
