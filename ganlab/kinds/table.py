"""Tables: rows of numbers, dates and categories, written as csv with the columns' own types."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.core.interfaces import Shape
from ganlab.kinds.base import Kind, RealSamples, Sheet
from ganlab.kinds.table_columns import Column, build_column
from ganlab.kinds.table_sheet import TableBackdrop, draw_table

SHEET_ROWS = 5000  # real rows that determine axes and histograms


class CategoryPair(NamedTuple):
    """A category of a column: the number of the column, that of the category (NaN: missing), and "COLUMN=TEXT"."""

    place: int
    value: float
    name: str


@final
@dataclass(frozen=True)
class TableKind(Kind):
    """Rows (width,) of the codes of columns, which `columns` describe in the order of the file.

    `target` is the column that models predict, if there is one. If the class is the networks' condition, the column
    `target` is no part of the rows, and `conditional` is true. `values` are arrays (n, columns) of float64, as
    `table_columns` has them.
    """

    columns: Sequence[Mapping[str, Any]]
    target: str = ""
    conditional: bool = False

    name, plural = "table", "rows of tables (width,)"
    sheet_samples = 1000
    output_patterns = ("table.csv",)

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns, in the order of the file."""
        return tuple(map(build_column, self.columns))

    @cached_property
    def coded_columns(self) -> tuple[Column, ...]:
        """The columns that rows have codes of."""
        return tuple(column for column in self.all_columns if not (self.conditional and column.name == self.target))

    @property
    def width(self) -> int:
        """The length of a row's code."""
        return sum(column.width for column in self.coded_columns)

    @property
    def target_place(self) -> int | None:
        """The number of the target column; None if there is no target."""
        names = [column.name for column in self.all_columns]
        return names.index(self.target) if self.target else None

    @cached_property
    def category_pairs(self) -> tuple[CategoryPair, ...]:
        """All categories of all columns."""
        pairs = []
        for place, column in enumerate(self.all_columns):
            if not column.is_number:
                numbers = [*range(column.layout.choices - column.optional), *[np.nan] * column.optional]
                texts = column.format(np.array(numbers, float))
                pairs += [CategoryPair(place, *pair) for pair in zip(numbers, texts, strict=True)]
        return tuple(pair._replace(name=f"{self.all_columns[pair.place].name}={pair.name}") for pair in pairs)

    def belongs(self, values: np.ndarray) -> np.ndarray:
        """Return which of the category pairs each row has, bool (n, pairs)."""
        wanted = np.array([pair.value for pair in self.category_pairs])
        found = values[:, [pair.place for pair in self.category_pairs]]
        has: np.ndarray = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        return has

    def encode(self, values: np.ndarray) -> Tensor:
        """Return rows (n, width) of values (n, columns)."""
        codes = [column.encode(values[:, place]) for place, column in self.coded_places]
        return torch.from_numpy(np.concatenate(codes, 1).astype(np.float32))

    def decode(self, samples: Tensor, labels: Tensor | None = None) -> np.ndarray:
        """Return the values (n, columns) of rows, which any numbers stand for; classes (n,) give those of the target.

        Without classes, the target of a conditional table is missing.
        """
        rows = samples.detach().double().cpu().nan_to_num().numpy()
        values = np.full((len(rows), len(self.all_columns)), np.nan)
        if self.conditional and labels is not None:
            values[:, self.target_place] = labels.cpu().numpy()
        start = 0
        for place, column in self.coded_places:
            values[:, place] = column.decode(rows[:, start : start + column.width])
            start += column.width
        return values

    def features(self, values: np.ndarray) -> np.ndarray:
        """Return the features (n, k) of all columns that rows have codes of, for distances and for models."""
        return np.concatenate([column.to_features(values[:, place]) for place, column in self.coded_places], 1)

    def inputs(self, values: np.ndarray) -> np.ndarray:
        """Return the features (n, k) of all columns but the target, for models that predict it."""
        columns = [
            column.to_features(values[:, place])
            for place, column in enumerate(self.all_columns)
            if column.name != self.target
        ]
        return np.concatenate([np.empty((len(values), 0)), *columns], 1)

    def format(self, values: np.ndarray) -> list[list[str]]:
        """Return the texts of values, row by row."""
        texts = [column.format(values[:, place]) for place, column in enumerate(self.all_columns)]
        return [list(row) for row in zip(*texts, strict=True)]

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write table.csv, with the names, types and order of the columns; the class is a column like others."""
        values = self.decode(samples, self._numbers(classes))
        with (output / "table.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in self.all_columns])
            writer.writerows(self.format(values))

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return the features of columns."""
        return "table"

    def backdrop(self, data: RealSamples) -> TableBackdrop:
        """Return the values of real rows."""
        batch = data.decoded_samples(SHEET_ROWS)
        return TableBackdrop(self.decode(batch.sample, batch.cond if self.conditional else None))

    def draw(self, sheet: Sheet, backdrop: TableBackdrop | None = None) -> Image.Image:
        """Draw some rows as text, and a histogram of each column over that of real rows.

        Raises ValueError if there is no row.
        """
        if not len(sheet):
            raise ValueError("a sample sheet needs at least one row, got 0")
        return draw_table(self.all_columns, self.decode(sheet.samples, sheet.labels), self.format, sheet, backdrop)

    @cached_property
    def coded_places(self) -> list[tuple[int, Column]]:
        """Return the coded columns with their numbers in the file."""
        coded = {column.name for column in self.coded_columns}
        return [(place, column) for place, column in enumerate(self.all_columns) if column.name in coded]

    def _numbers(self, classes: Sequence[str]) -> Tensor | None:
        """Return the numbers of classes by name, if the class is the condition."""
        if not self.conditional or not classes or self.target_place is None:
            return None
        return torch.from_numpy(self.all_columns[self.target_place].parse(classes))
