"""The conditions of a run's own data, which `ganlab sample` gives a generator that translates or enhances samples."""

from pathlib import Path
from typing import NamedTuple

from ganlab.core.errors import UserError
from ganlab.core.tree import Tree
from ganlab.data import DataSet
from ganlab.data.comparison_sheet import comparison_sheet, first_split
from ganlab.data.condition_source import ConditionSource
from ganlab.kinds import Sheet
from ganlab.runs.demos import is_demo
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

REPORT = "test"  # the split that no decision in training depends on
RESTORE = "restore it from the machine where the run was trained"


class RunConditions(NamedTuple):
    """Conditions of a run's data, and the split that they are of."""

    data: DataSet
    split: str

    def first(self, n: int) -> Tree:
        """Return `n` conditions; after the last one of the split they begin again."""
        return ConditionSource(self.data, self.split)(n)

    def sheet(self, outputs: Tree, count: int) -> Sheet:
        """Return a sheet of the first outputs with their inputs and, for paired data, the truth."""
        return comparison_sheet(self.data, count, lambda conditions: outputs[: len(conditions)], split=self.split)


def read_conditions(run: str) -> RunConditions:
    """Return the conditions of a run's report split; raises UserError if its data cannot be read here."""
    directory = RunDirectory(Path(run))
    if is_demo(run) or not directory.config.is_file():
        raise UserError(f"run={run} needs inputs, and has no data of its own; use `ganlab apply run={run} input=FILES`")
    try:
        data = build_data(directory.read_config(RESTORE))
    except UserError as error:
        raise UserError(
            f"run={run} needs inputs, and its own data cannot be read ({error}); use `ganlab apply run={run} "
            "input=FILES`"
        ) from error
    return RunConditions(data, REPORT if data.condition_count(1, REPORT) else first_split(data))
