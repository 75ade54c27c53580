"""metrics.csv in the run directory: the record that every other view of a run can be made from."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only


class CSV(Logger):
    """One row per logged step; a new column rewrites the file, and so does a resumed run, whose first row drops those
    that an interrupted run had already written from that step on.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._columns: list[str] = []  # of the file, as far as this process wrote it
        self._row: dict[str, Any] = {}
        self._changed = False
        self._written: int | None = None  # step of the file's last row

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
        """Add to the row of a step; the former step's row is written when a new one begins."""
        if step != self._row.get("step"):
            self.save()
            self._row = {"step": step}
        self._row |= metrics
        self._changed = True

    @rank_zero_only
    def save(self) -> None:
        """Write the row that is being filled."""
        if not self._changed:
            return
        step, self._changed = self._row["step"], False
        if step == self._written or not self._row.keys() <= set(self._columns):
            self._rewrite(step)
        else:
            with self.path.open("a", newline="") as file:
                csv.DictWriter(file, self._columns).writerow(self._row)
        self._written = step

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what is left."""
        self.save()

    def _rewrite(self, step: int) -> None:
        """Write the former rows and this one, under all their columns."""
        columns, rows = self._read()
        self._columns = list(dict.fromkeys([*columns, *self._columns, *self._row]))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".tmp")
        with scratch.open("w", newline="") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows([*(row for row in rows if int(row["step"]) < step), self._row])
        os.replace(scratch, self.path)

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        if not self.path.exists():
            return [], []
        with self.path.open(newline="") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            # A killed process may have left half a line.
            return columns, [row for row in reader if None not in row.values()]
