"""Logger for metrics.csv in the run directory, the complete record of a run's losses and scores."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from ganlab.core.file_replacement import replaced
from ganlab.runs.damaged_files import set_aside


class CSV(Logger):
    """Logger that writes one row per logged step to metrics.csv immediately.

    A new column rewrites the file. So does the first row of a resumed run, which also removes the rows of that step and
    later ones that the interrupted run had written. A damaged file is set aside with a warning.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._columns: list[str] = []  # of the file, if this process has written it
        self._row: dict[str, Any] = {}  # the last one written

    @property
    def name(self) -> str:
        """The logger's name."""
        return "csv"

    @property
    def version(self) -> str:
        """Empty, because each run has one file."""
        return ""

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.path.parent)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the configuration is in config.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write a row, or extend the last row if it is of the same step."""
        same_step = step == self._row.get("step")
        self._row = {**(self._row if same_step else {"step": step}), **metrics}
        if same_step or not self._row.keys() <= set(self._columns):
            self._rewrite()
            return
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns).writerow(self._row)

    def _rewrite(self) -> None:
        """Write the earlier rows and the last one, with the columns of all of them."""
        columns, rows = self._read()
        step = self._row["step"]
        if not self._columns:  # a resumed run may add to the row of the step that it was stopped at
            self._row = {k: v for row in rows if int(row["step"]) == step for k, v in row.items() if v} | self._row
        self._columns = list(dict.fromkeys([*columns, *self._row]))
        with replaced(self.path) as binary, io.TextIOWrapper(binary, "utf-8", newline="") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows([*(row for row in rows if int(row["step"]) < step), self._row])

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        if not self.path.exists():
            return [], []
        try:
            with self.path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                columns = list(reader.fieldnames or [])
                # A killed process may have left an incomplete last line.
                rows = [row for row in reader if None not in row and None not in row.values()]
            for row in rows:
                int(row["step"])
        except (OSError, ValueError, KeyError, csv.Error) as error:
            set_aside(self.path, f"no column {error}" if isinstance(error, KeyError) else error)
            return [], []
        return columns, rows
