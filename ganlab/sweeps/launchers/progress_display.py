"""The progress of a running sweep on stderr: a table on a terminal, one line per event otherwise."""

import shutil
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TextIO

from ganlab.runs.file_memory import FileMemory
from ganlab.runs.json_files import read_json_if_valid
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.results.tables import align_columns, count_states, describe_outcome, describe_point, job_rows

REFRESH_SECONDS = 1.0
UP, CLEAR = "\033[{}A", "\033[J"
# The states in the order in which jobs are shown if the terminal has too few lines.
PRIORITY = ("running", "failed", "lost", "preempted", "waiting", "pruned", "finished")


class ProgressDisplay(ABC):
    """Shows the states of jobs as read from their run directories."""

    def __init__(self, jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str]) -> None:
        self.jobs, self.swept, self.objectives = jobs, swept, objectives

    @abstractmethod
    def job_started(self, job: Job) -> None:
        """Show that a job has started."""

    @abstractmethod
    def job_ended(self, job: Job) -> None:
        """Show that a job has ended, and its final state."""

    @abstractmethod
    def refresh(self) -> None:
        """Show the current states of all jobs; called often."""


class LineDisplay(ProgressDisplay):
    """Prints a line when a job starts and a line when it ends."""

    def job_started(self, job: Job) -> None:
        """Print the number and the settings of the job."""
        self._print(f"job {job.number} starts: {describe_point(job.overrides, self.swept)}")

    def job_ended(self, job: Job) -> None:
        """Print the number, the final state and the scores of the job."""
        self._print(f"job {job.number} {describe_outcome(Outcome.read(job.directory), self.objectives)}")

    def refresh(self) -> None:
        """Do nothing: the details of a running job are in its job.log."""

    def _print(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


class TableDisplay(ProgressDisplay):
    """Redraws a table of jobs in place; if the terminal has too few lines, it leaves out waiting and ended jobs."""

    def __init__(
        self, jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str], stream: TextIO | None = None
    ) -> None:
        super().__init__(jobs, swept, objectives)
        self.stream = stream or sys.stderr
        self._files = FileMemory(read_json_if_valid)
        self._drawn_lines, self._drawn_at = 0, -REFRESH_SECONDS

    def job_started(self, job: Job) -> None:
        """Draw the table."""
        self._draw()

    def job_ended(self, job: Job) -> None:
        """Draw the table."""
        self._draw()

    def refresh(self) -> None:
        """Draw the table if the last one is older than REFRESH_SECONDS."""
        if time.monotonic() - self._drawn_at >= REFRESH_SECONDS:
            self._draw()

    def _draw(self) -> None:
        count = max(1, shutil.get_terminal_size().lines - 3)
        outcomes = {job.number: Outcome.read(job.directory, self._files.read) for job in self.jobs}
        visible = sorted(self.jobs, key=lambda job: (_priority(outcomes[job.number].state), job.number))[:count]
        rows = job_rows(sorted(visible, key=lambda job: job.number), outcomes, self.swept, self.objectives)
        lines = [*align_columns(rows), count_states(outcomes.values())]
        back = UP.format(self._drawn_lines) if self._drawn_lines else ""
        print(f"{back}\r{CLEAR}" + "\n".join(lines), file=self.stream, flush=True)
        self._drawn_lines, self._drawn_at = len(lines), time.monotonic()


def _priority(state: str) -> int:
    return PRIORITY.index(state) if state in PRIORITY else 0


def create_display(jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str]) -> ProgressDisplay:
    """Return a table if stderr is a terminal, otherwise lines."""
    return (TableDisplay if sys.stderr.isatty() else LineDisplay)(jobs, swept, objectives)
