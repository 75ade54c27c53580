"""A launcher whose jobs are arithmetic: it writes the run directories that real jobs would have written."""

import json
from collections.abc import Callable
from pathlib import Path

from omegaconf import OmegaConf

from ganlab.runs.directory import RunDirectory, write_json
from ganlab.sweeps.jobs.checked_points import Checked
from ganlab.sweeps.launchers.launcher import Launcher
from support.small_runs import POINTS

FIXED = [line for line in POINTS if not line.startswith("metric=")]
FIXED += ["metric=[wasserstein,modes]", "optimized_metric=wasserstein", "evaluate_every=1", "iterations=6"]
RATE = "++optimizer.generator.lr"


def setting(job, key: str, default: str = "0") -> str:
    found = [each.split("=", 1)[1] for each in job.overrides if each.lstrip("+").startswith(f"{key}=")]
    return found[0] if found else default


class Instant(Launcher):
    """Scores are `score(job, step)`, a mapping of names to numbers; None is a crash."""

    can_stop = True

    def __init__(self, score: Callable, width: int = 2, **settings) -> None:
        super().__init__(**settings)
        self.score, self._width, self.ran, self._stopped = score, width, [], set()

    @property
    def width(self) -> int:
        return self._width

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
            self.watch()
        for job in self._stopped & set(jobs):
            RunDirectory(job.directory).write_status("preempted", reason="interrupted by the user")
        self._stopped.clear()


def add_row(file: Path, step: int, scores: dict) -> None:
    if not file.exists():
        file.write_text("step," + ",".join(f"score/{name}" for name in scores) + "\n")
    with file.open("a") as text:
        text.write(f"{step}," + ",".join(str(value) for value in scores.values()) + "\n")


class AnyRate:
    """Checks as a sweep does, each configuration once for all tests, as if all had one learning rate."""

    _checked = Checked()

    def __call__(self, point):
        return self._checked(self._common(point))

    def all(self, points):
        self._checked.all([self._common(point) for point in points])

    def _common(self, point):
        return [f"{RATE}=1e-3" if each.startswith(f"{RATE}=") else each for each in point]


def set_up(launcher: Launcher, directory: Path, *task: str, **sweeper) -> Launcher:
    """Give a launcher what Hydra would have given it."""
    hydra = {"sweep": {"dir": str(directory)}, "searchpath": [], "sweeper": sweeper, "overrides": {"task": list(task)}}
    launcher.setup(hydra_context=None, task_function=None, config=OmegaConf.create({"hydra": hydra}))
    launcher.checked = AnyRate()
    return launcher


def content(directory: Path) -> dict:
    return json.loads((directory / "sweep.json").read_text())
