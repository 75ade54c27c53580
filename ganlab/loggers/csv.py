"""metrics.csv in the run directory: the record that every other view of a run can be made from."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only


class CSV(Logger):
    """One row per logged step, on disk at once.

    A new column rewrites the file, and so does a resumed run, whose first row drops those that an interrupted run had
    already written from that step on.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._columns: list[str] = []  # of the file, as far as this process wrote it
        self._row: dict[str, Any] = {}  # the last

    @property
    def name(self) -> str:
        """The kind of logger."""
        return "csv"

    @property
    def version(self) -> str:
        """There is one per run."""
        return ""

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.path.parent)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Leave the configuration to config.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write a row, or add to it where it is of the same step."""
        again = step == self._row.get("step")
        self._row = {**(self._row if again else {"step": step}), **metrics}
        if again or not self._row.keys() <= set(self._columns):
            self._rewrite()
            return
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self._columns).writerow(self._row)

    def _rewrite(self) -> None:
        """Write the former rows and the last, under all their columns."""
        columns, rows = self._read()
        self._columns = list(dict.fromkeys([*columns, *self._row]))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".tmp")
        with scratch.open("w", newline="") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows([*(row for row in rows if int(row["step"]) < self._row["step"]), self._row])
        os.replace(scratch, self.path)

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        if not self.path.exists():
            return [], []
        with self.path.open(newline="") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            # A killed process may have left half a line.
            return columns, [row for row in reader if None not in row.values()]
