"""Scores of jobs that are still training, read from their metrics.csv."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from ganlab.sweeps.jobs.job import Job

FILE = "metrics.csv"


class Curves:
    """The mean score over replicates by step: a step counts when all of them have reached it."""

    def __init__(self, jobs: Sequence[Job], score: str) -> None:
        self.jobs, self.score, self.last = jobs, score, -1

    def news(self) -> list[tuple[int, float]]:
        """Return step and mean of what has come since the last call, in order."""
        curves = [read_curve(job.directory, self.score) for job in self.jobs]
        steps = sorted(step for step in set.intersection(*map(set, curves)) if step > self.last)
        found = [(step, fmean(curve[step] for curve in curves)) for step in steps]
        self.last = max([self.last, *steps])
        return [(step, value) for step, value in found if math.isfinite(value)]


def read_curve(directory: Path, score: str) -> dict[int, float]:
    """Return a score by step, as far as a run has got; a line that is still being written is left for later."""
    file, column = directory / FILE, f"score/{score}"
    if not file.exists():
        return {}
    whole = file.read_text().rpartition("\n")[0]
    rows = csv.DictReader(whole.splitlines())
    return {int(row["step"]): float(row[column]) for row in rows if row.get(column)}
