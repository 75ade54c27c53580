"""A launcher that computes scores with a function and writes the run directories that real jobs would write."""

import json
from collections.abc import Callable
from pathlib import Path

from omegaconf import OmegaConf

from ganlab.runs.directory import RunDirectory, write_json
from ganlab.sweeps.jobs.checked_points import CheckedPoints
from ganlab.sweeps.launchers.launcher import Launcher
from support.small_runs import POINTS

FIXED = [line for line in POINTS if not line.startswith("metric=")]
FIXED += ["metric=[wasserstein,modes]", "optimized_metric=wasserstein", "evaluate_every=1", "iterations=6"]
RATE = "++optimizer.generator.lr"


def setting(job, key: str, default: str = "0") -> str:
    """Return the value that a job's overrides give a setting."""
    matches = [line.split("=", 1)[1] for line in job.overrides if line.lstrip("+").startswith(f"{key}=")]
    return matches[0] if matches else default


class Instant(Launcher):
    """Scores a job at a step as `score(job, step)`, which returns numbers by name, or None for a crash."""

    can_stop = True

    def __init__(self, score: Callable, capacity: int = 2, **settings) -> None:
        super().__init__(**settings)
        self.score, self._capacity, self.ran, self._stopped = score, capacity, [], set()

    @property
    def capacity(self) -> int:
        return self._capacity

    def stop(self, job) -> None:
        self._stopped.add(job)

    def run(self, jobs) -> None:
        self.ran.append([job.number for job in jobs])
        steps = [(job, step) for step in range(1, 7) for job in jobs]
        for job, step in steps:
            run = RunDirectory(job.directory)
            if run.status().get("state", "running") != "running" or job in self._stopped:
                continue
            scores = self.score(job, step)
            if scores is None:
                run.write_status("failed", reason="crashed", step=step, iterations=6)
                continue
            run.write_status("running", step=step, iterations=6)
            add_row(job.directory / "metrics.csv", step, scores)
            if step == 6:
                write_json(job.directory / "scores.json", {"scores": scores})
                run.write_status("finished", step=6, iterations=6, objective=scores.get("wasserstein"))
            self.on_poll()
        for job in self._stopped & set(jobs):
            RunDirectory(job.directory).write_status("preempted", reason="interrupted by the user")
        self._stopped.clear()


def add_row(file: Path, step: int, scores: dict) -> None:
    """Append a row of scores to a metrics.csv."""
    if not file.exists():
        file.write_text("step," + ",".join(f"score/{name}" for name in scores) + "\n")
    with file.open("a") as text:
        text.write(f"{step}," + ",".join(str(value) for value in scores.values()) + "\n")


class SharedCheckedPoints:
    """Checks points as a sweep does, but with one learning rate and one cache for all tests, to compose less."""

    _checked_points = CheckedPoints()

    def compose(self, point):
        return self._checked_points.compose(self._with_common_rate(point))

    def check_all(self, points):
        self._checked_points.check_all([self._with_common_rate(point) for point in points])

    def _with_common_rate(self, point):
        return [f"{RATE}=1e-3" if override.startswith(f"{RATE}=") else override for override in point]


def set_up(launcher: Launcher, directory: Path, *task: str, **sweeper) -> Launcher:
    """Set up a launcher as Hydra would."""
    hydra = {"sweep": {"dir": str(directory)}, "searchpath": [], "sweeper": sweeper, "overrides": {"task": list(task)}}
    launcher.setup(hydra_context=None, task_function=None, config=OmegaConf.create({"hydra": hydra}))
    launcher.checked_points = SharedCheckedPoints()
    return launcher


def content(directory: Path) -> dict:
    """Return the content of a sweep's sweep.json."""
    return json.loads((directory / "sweep.json").read_text())
