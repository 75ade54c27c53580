"""The data of a comparison: one table for each protocol, one row for each configuration."""

import math
from dataclasses import dataclass, field
from typing import final

from ganlab.analysis.comparison.runs import SkippedRun
from ganlab.analysis.comparison.scores import Interval
from ganlab.analysis.comparison.statistics import summarise
from ganlab.core.fields import Fields
from ganlab.core.score_range import UNBOUNDED, ScoreRange, clip_interval, is_clipped


@final
@dataclass(frozen=True)
class Value:
    """One score of one run; `interval` is the 95 % interval in its score file, if there is one."""

    value: float
    seed: int | None
    path: str
    interval: Interval | None = None


@final
@dataclass(frozen=True)
class Cell:
    """The values of a score over seeds; `over` is "seeds", "run" or "nothing": what the interval covers."""

    values: tuple[Value, ...]
    mean: float
    std: float | None = None
    low: float | None = None
    high: float | None = None
    over: str = "nothing"

    @classmethod
    def from_values(cls, values: tuple[Value, ...], bounds: ScoreRange = UNBOUNDED) -> "Cell":
        """Summarise one or more values; the interval does not leave the range of the score, `bounds`."""
        if len(values) > 1:
            mean, std, low, high = summarise([value.value for value in values])
            return cls(values, mean, std, *clip_interval((low, high), mean, bounds), "seeds")
        (only,) = values
        if only.interval:
            return cls(values, only.value, None, *clip_interval(only.interval, only.value, bounds), "run")
        return cls(values, only.value)

    @property
    def is_clipped(self) -> bool:
        """Whether the interval over seeds ends at a bound of its score, so its mean is not in the middle."""
        if self.over != "seeds" or self.low is None or self.high is None:
            return False
        return is_clipped(self.low, self.mean, self.high)

    @property
    def numbers(self) -> list[float]:
        """The values as plain numbers."""
        return [value.value for value in self.values]


@final
@dataclass(frozen=True)
class Row:
    """A configuration: the settings that differ from other rows, its runs, and its cells by column name.

    `p` is the p-value of Welch's test against the first row; None for the first row, and if either has a single seed.
    """

    label: str
    settings: dict[str, str]
    paths: tuple[str, ...]
    seeds: tuple[int | None, ...]
    cells: dict[str, Cell]
    p: float | None = None
    as_good_as_best: bool = False  # not significantly different from the first row
    protocol: dict[str, str] = field(default_factory=dict)  # its texts in the table's `fields`

    @property
    def n(self) -> int:
        """The number of seeds; a run with an unknown seed counts as one."""
        pairs = zip(self.seeds, self.paths, strict=True)
        return len({str(path) if seed is None else seed for seed, path in pairs})


@final
@dataclass(frozen=True)
class Column:
    """A score under the same settings in every row; the name contains the settings if the score has two columns."""

    name: str
    score: str
    settings: Fields
    higher_is_better: bool | None  # None: no direction


@final
@dataclass(frozen=True)
class Table:
    """Rows that share a protocol, best first by column `by`; `source` is the kind of their scores."""

    source: str
    protocol: Fields
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    by: Column
    floor: dict[str, float]  # scores of real samples in place of generated ones, by score
    baselines: dict[str, dict[str, float]]  # scores of the data's baselines, by their name and by score
    fields: tuple[str, ...] = ()  # of the protocol, in which rows differ; such a table was requested


@final
@dataclass(frozen=True)
class Comparison:
    """Tables under different protocols, notes on them, and the runs that are in no table."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    left_out: tuple[SkippedRun, ...]


def sort_key(row: Row, by: Column) -> tuple[bool, float]:
    """Return the key that sorts the best row first; rows without a number come last."""
    cell = row.cells.get(by.name)
    if cell is None or math.isnan(cell.mean):
        return True, 0.0
    return False, -cell.mean if by.higher_is_better else cell.mean
