"""What a person sees of a sweep while it runs: a table that moves on a terminal, a line for each event elsewhere."""

import shutil
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TextIO

from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.results.tables import aligned, counted, job_rows, label, numbers, progress

REFRESH_SECONDS = 1.0
UP, CLEAR = "\033[{}A", "\033[J"


class Board(ABC):
    """Shows jobs by what their run directories say."""

    def __init__(self, jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str]) -> None:
        self.jobs, self.swept, self.objectives = jobs, swept, objectives

    @abstractmethod
    def started(self, job: Job) -> None:
        """Tell of a job that has begun."""

    @abstractmethod
    def ended(self, job: Job) -> None:
        """Tell of a job that has ended, however."""

    @abstractmethod
    def show(self) -> None:
        """Show where all jobs are; called often."""


class LineDisplay(Board):
    """A line when a job begins, and a line when it ends."""

    def started(self, job: Job) -> None:
        """Tell of a job that has begun."""
        self._say(f"job {job.number} starts: {label(job.overrides, self.swept)}")

    def ended(self, job: Job) -> None:
        """Tell of a job that has ended, however."""
        outcome = Outcome.of(job.directory)
        result = "  ".join(part for part in (progress(outcome), numbers(outcome, self.objectives)) if part)
        self._say(f"job {job.number} {result}")

    def show(self) -> None:
        """Leave the rest to job.log."""

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


class TableDisplay(Board):
    """A table of jobs, drawn over itself; what is waiting or done gives way where the terminal is too low."""

    def __init__(
        self, jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str], stream: TextIO | None = None
    ) -> None:
        super().__init__(jobs, swept, objectives)
        self.stream = stream or sys.stderr
        self._drawn, self._at = 0, -REFRESH_SECONDS

    def started(self, job: Job) -> None:
        """Draw it."""
        self._draw()

    def ended(self, job: Job) -> None:
        """Draw it."""
        self._draw()

    def show(self) -> None:
        """Draw where the last picture is old."""
        if time.monotonic() - self._at >= REFRESH_SECONDS:
            self._draw()

    def _draw(self) -> None:
        room = max(1, shutil.get_terminal_size().lines - 3)
        shown = sorted(self.jobs, key=self._interest)[:room]
        lines = [*aligned(job_rows(sorted(shown, key=lambda job: job.number), self.swept, self.objectives))]
        lines.append(counted(self.jobs))
        back = UP.format(self._drawn) if self._drawn else ""
        print(f"{back}\r{CLEAR}" + "\n".join(lines), file=self.stream, flush=True)
        self._drawn, self._at = len(lines), time.monotonic()

    @staticmethod
    def _interest(job: Job) -> tuple[int, int]:
        order = ("running", "failed", "lost", "preempted", "waiting", "pruned", "finished")
        state = Outcome.of(job.directory).state
        return order.index(state) if state in order else 0, job.number


def progress_display(jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str]) -> Board:
    """Return what fits where the messages go."""
    return (TableDisplay if sys.stderr.isatty() else LineDisplay)(jobs, swept, objectives)
