"""What every launcher has in common: from Hydra's points to jobs, and from run directories back to scores."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher as HydraLauncher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.checked_points import Checked
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.objectives import known_objectives
from ganlab.sweeps.jobs.record import Record


class Launcher(HydraLauncher, ABC):
    """Runs the jobs of a sweep, each in a process of its own that is told nothing but its settings.

    `wait=False` returns when the jobs are submitted; `retry_failed` takes up failed jobs again. Whoever implements
    `run` calls `watch` every few seconds while jobs run.
    """

    # Whether it can end a single job by `stop`, which pruning needs.
    can_stop: ClassVar[bool] = False
    # Whether jobs live on without it, which `wait=False` needs.
    can_leave: ClassVar[bool] = False

    def __init__(self, wait: bool = True, retry_failed: bool = False) -> None:
        self.wait, self.retry_failed = wait, retry_failed
        self.watch: Callable[[], None] = lambda: None
        if not wait and not self.can_leave:
            raise UserError(f"--no-wait: the jobs of {type(self).__name__} end with it; choose hydra/launcher=slurm")

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take over the sweep's directory; raises UserError where another sweep is at work in it."""
        self.config = config
        folders = [str(each).removeprefix("file://") for each in config.hydra.searchpath]
        self.record = Record(Path(config.hydra.sweep.dir), folders)
        self.checked = Checked(folders)
        self.lock = self.record.lock()
        sweeper = config.hydra.sweeper
        swept = [*self.record.swept, *swept_keys(config.hydra.overrides.task), *(sweeper.get("params") or {})]
        swept += ["seed"] if sweeper.get("seeds") else []
        self.record.write(swept=list(dict.fromkeys(swept)))

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run what is left to run of some points and return the score of each: NaN without one."""
        jobs = self.plan(job_overrides)
        self.run_rest(jobs)
        return [_returned(job) for job in jobs]

    def plan(self, points: Sequence[Sequence[str]]) -> list[Job]:
        """Check all points and return their jobs, former ones where the sweep's record knows them."""
        self.checked.all(points)
        if not self.record.objectives and points:
            self.record.write(objectives=known_objectives(self.checked(points[0])))
        return self.record.plan(points)

    def run_rest(self, jobs: Sequence[Job]) -> None:
        """Run those of some jobs that have not ended yet."""
        rest = [job for job in dict.fromkeys(jobs) if self.is_due(job)]
        if rest:
            self.run(rest)

    def is_due(self, job: Job) -> bool:
        """Tell whether a job has something left to do."""
        outcome = Outcome.of(job.directory)
        return not outcome.is_final or (outcome.state == "failed" and self.retry_failed)

    @property
    def width(self) -> int:
        """How many jobs a search should have at work at once."""
        return 8

    @abstractmethod
    def run(self, jobs: Sequence[Job]) -> None:
        """Start jobs, wait for them (unless `wait` is off) and show their progress.

        What becomes of a job is written in its run directory, by the job or, where it could not, by `settle`. Raises
        KeyboardInterrupt where a person has ended the sweep, or SystemExit with the code of another signal, after all
        jobs were ended or left.
        """

    def stop(self, job: Job) -> None:
        """End one running job gently, so that it saves itself; `run` then waits for it."""
        raise NotImplementedError


def swept_keys(lines: Sequence[str]) -> list[str]:
    """Return the keys that overrides give several values."""
    parsed = OverridesParser.create().parse_overrides(list(lines))
    return [each.key_or_group for each in parsed if each.is_sweep_override()]


def _returned(job: Job) -> JobReturn:
    outcome = Outcome.of(job.directory)
    result = JobReturn(overrides=list(job.overrides), working_dir=str(job.directory), status=JobStatus.COMPLETED)
    finished = outcome.state == "finished"
    result.return_value = outcome.objective if finished else math.nan
    return result
