"""The losses and scores of runs over their training, from metrics.csv."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from ganlab.analysis.comparison.runs import Run
from ganlab.core.errors import UserError

FILE, SCORE, FLOOR = "metrics.csv", "score/", "floor/"
X_AXES = {"step": "step", "samples": "real samples", "seconds": "training time (s)"}


@final
@dataclass(frozen=True)
class History:
    """The columns of one run's metrics.csv; NaN where a row lacks a value. Rows are ordered by step."""

    run: Run
    columns: dict[str, np.ndarray]

    def curve(self, name: str, x: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions and the values of a column, without rows that lack it."""
        values = self.columns.get(name, np.empty(0))
        known = ~np.isnan(values)
        return self._positions(x)[known] if known.any() else np.empty(0), values[known]

    def _positions(self, x: str) -> np.ndarray:
        steps = self.columns["step"]
        if x == "step":
            return steps
        missing = np.full(len(steps), math.nan)
        values = samples = self.columns.get("samples", missing)
        known = ~np.isnan(samples)
        if x == "seconds":
            speed = self.columns.get("samples_per_second", missing)
            known &= speed > 0
            values = missing.copy()
            values[known] = np.cumsum(np.diff(samples[known], prepend=0) / speed[known])
        if not known.any():
            raise UserError(
                f"{self.run.path / FILE} has no samples per second, so x={x} cannot be drawn; choose x=step"
            )
        # rows between those that state their samples, and the start of training
        return np.interp(steps, np.append(0, steps[known]), np.append(0, values[known]))


def read_history(run: Run) -> History | None:
    """Return the history of a run, None if it has none yet; raises UserError if the file is damaged."""
    path = run.path / FILE
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not reader.fieldnames:  # a file without content, as a full disk may leave it
                return None
            rows = [row for row in reader if None not in row.values()]  # an interrupted write leaves half a line
        columns = {name: np.array([_number(row[name]) for row in rows]) for name in reader.fieldnames}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}); fix it or leave it out") from error
    if "step" not in columns:
        raise UserError(f"{path} has no column step, which every row that `ganlab train` writes has; leave it out")
    order = np.argsort(columns["step"], kind="stable")
    return History(run, {name: values[order] for name, values in columns.items()}) if rows else None


def _number(text: str) -> float:
    return float(text) if text else math.nan


def score_names(histories: Iterable[History]) -> list[str]:
    """Return the names by which columns are chosen: fid for score/fid, other columns by their whole name."""
    names = dict.fromkeys(name for history in histories for name in history.columns if not name.startswith(FLOOR))
    scores = [name.removeprefix(SCORE) for name in names if name.startswith(SCORE)]
    return [*scores, *(name for name in names if not name.startswith(SCORE) and name != "step")]


def column_of(name: str, histories: Sequence[History]) -> str:
    """Return the column that a name chooses."""
    return f"{SCORE}{name}" if any(f"{SCORE}{name}" in history.columns for history in histories) else name
