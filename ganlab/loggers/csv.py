"""metrics.csv in the run directory: the record that every other view of a run can be made from."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only


class CSV(Logger):
    """One row per logged step; a new column rewrites the file, a resumed run drops the rows it will make again."""

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._columns: list[str] = []
        self._pending: dict[str, Any] = {}
        self._step: int | None = None

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
    def resume(self, step: int) -> None:
        """Keep the rows up to a step."""
        rows = self._rows()
        self._columns = list(dict.fromkeys(key for row in rows for key in row))
        self._write([row for row in rows if int(row["step"]) <= step])

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add to the row of a step; the former step's row is written when a new one begins."""
        if step != self._step:
            self.save()
            self._step = step
            self._pending = {"step": step}
        self._pending |= metrics

    @rank_zero_only
    def save(self) -> None:
        """Write the row that is being filled."""
        if not self._pending:
            return
        row, self._pending = self._pending, {}
        new = [key for key in row if key not in self._columns]
        if new or not self.path.exists():
            rows = self._rows()
            self._columns += new
            self._write([*rows, row])
            return
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self._columns).writerow(row)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what is left."""
        self.save()

    def _rows(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        with self.path.open(newline="") as file:
            return [
                {key: value for key, value in row.items() if value not in ("", None)} for row in csv.DictReader(file)
            ]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".tmp")
        with scratch.open("w", newline="") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(scratch, self.path)
