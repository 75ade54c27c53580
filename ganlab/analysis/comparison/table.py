"""What a comparison is: tables, one for each protocol, of rows, one for each configuration."""

import math
from dataclasses import dataclass
from typing import final

from ganlab.analysis.comparison.runs import SkippedRun
from ganlab.analysis.comparison.scores import Interval
from ganlab.analysis.comparison.statistics import summarise
from ganlab.core.fields import Fields


@final
@dataclass(frozen=True)
class Value:
    """One score of one run; `interval` is the run's own 95 % interval where its score file has one."""

    value: float
    seed: int | None
    path: str
    interval: Interval | None = None


@final
@dataclass(frozen=True)
class Cell:
    """The values of a score over seeds; `over` says what the interval is of: seeds, run, or nothing (there is none)."""

    values: tuple[Value, ...]
    mean: float
    std: float | None = None
    low: float | None = None
    high: float | None = None
    over: str = "nothing"

    @classmethod
    def of(cls, values: tuple[Value, ...]) -> "Cell":
        """Summarise one or more values."""
        if len(values) > 1:
            mean, std, low, high = summarise([each.value for each in values])
            return cls(values, mean, std, low, high, "seeds")
        (only,) = values
        if only.interval:
            return cls(values, only.value, None, *only.interval, "run")
        return cls(values, only.value)

    @property
    def numbers(self) -> list[float]:
        """The values alone."""
        return [each.value for each in self.values]


@final
@dataclass(frozen=True)
class Row:
    """A configuration: the settings that tell it from others, its runs, and its cells by column name.

    `p` is Welch's against the best row in the table's order, None for the best itself and where either has one seed.
    """

    label: str
    settings: dict[str, str]
    paths: tuple[str, ...]
    seeds: tuple[int | None, ...]
    cells: dict[str, Cell]
    p: float | None = None
    as_good_as_best: bool = False

    @property
    def n(self) -> int:
        """How many seeds it is over; a run whose seed nobody knows is one of its own."""
        pairs = zip(self.seeds, self.paths, strict=True)
        return len({str(path) if seed is None else seed for seed, path in pairs})


@final
@dataclass(frozen=True)
class Column:
    """A score under the same settings in every row; they are in its name where the table has the score twice."""

    name: str
    score: str
    settings: Fields
    higher_is_better: bool | None  # None: neither end is better


@final
@dataclass(frozen=True)
class Table:
    """Rows that share a protocol, best first by column `by`."""

    source: str
    protocol: Fields
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    by: Column


@final
@dataclass(frozen=True)
class Comparison:
    """Tables that must not be mixed, sentences about them, and the runs that are in none."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    left_out: tuple[SkippedRun, ...]


def order(row: Row, by: Column) -> tuple[bool, float]:
    """Return the sorting key that puts the best first; rows without a number come last."""
    cell = row.cells.get(by.name)
    if cell is None or math.isnan(cell.mean):
        return True, 0.0
    return False, -cell.mean if by.higher_is_better else cell.mean
