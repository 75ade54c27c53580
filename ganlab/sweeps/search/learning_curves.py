"""The scores of jobs that are still training, read from their metrics.csv."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from ganlab.runs.file_memory import FileMemory
from ganlab.sweeps.jobs.job import Job

FILE = "metrics.csv"


class LearningCurve:
    """The mean of a score over replicates by step; a step is included once all replicates have reached it."""

    def __init__(self, jobs: Sequence[Job], score: str) -> None:
        self.jobs, self.score, self.last_step = jobs, score, -1
        self._files = FileMemory(lambda file: read_curve(file, score))

    def new_points(self) -> list[tuple[int, float]]:
        """Return step and mean of the steps since the last call, in order; means that are not finite are left out."""
        curves = [self._files.read(job.directory / FILE) for job in self.jobs]
        steps = sorted(step for step in set.intersection(*map(set, curves)) if step > self.last_step)
        points = [(step, fmean(curve[step] for curve in curves)) for step in steps]
        self.last_step = max([self.last_step, *steps])
        return [(step, mean) for step, mean in points if math.isfinite(mean)]


def read_curve(file: Path, score: str) -> dict[int, float]:
    """Return the values of a score so far by step; a last line that is still being written is ignored."""
    column = f"score/{score}"
    if not file.exists():
        return {}
    complete_lines = file.read_text().rpartition("\n")[0]
    rows = csv.DictReader(complete_lines.splitlines())
    return {int(row["step"]): float(row[column]) for row in rows if row.get(column)}
