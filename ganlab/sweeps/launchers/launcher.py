"""The base class of all launchers: turns Hydra's points into jobs, and run directories into scores."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import ClassVar

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher as HydraLauncher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ganlab.config.targets import allowed_packages
from ganlab.core.errors import UserError
from ganlab.core.shell_lines import with_directory
from ganlab.sweeps.jobs.checked_points import CheckedPoints
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.objectives import default_objective
from ganlab.sweeps.jobs.record import Record

# The line that runs the present sweep again, which `multirun` sets, since Hydra builds the launcher.
command_line: ContextVar[str] = ContextVar("command_line", default="")


class Launcher(HydraLauncher, ABC):
    """Runs each job of a sweep in its own process, which receives only the job's overrides.

    `wait=False` returns as soon as the jobs are submitted; `retry_failed` runs failed jobs again. A subclass implements
    `run` and calls `on_poll` every few seconds while jobs run.
    """

    # Whether `stop` can end a single job, which pruning needs.
    can_stop: ClassVar[bool] = False
    # Whether jobs keep running after the launcher ends, which `wait=False` needs.
    can_detach: ClassVar[bool] = False

    def __init__(self, wait: bool = True, retry_failed: bool = False) -> None:
        self.wait, self.retry_failed = wait, retry_failed
        self.on_poll: Callable[[], None] = lambda: None
        if not wait and not self.can_detach:
            raise UserError(f"--no-wait: the jobs of {type(self).__name__} end with it; choose hydra/launcher=slurm")

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Lock the directory of the sweep; raises UserError if another sweep uses it."""
        self.config = config
        config_dirs = [str(path).removeprefix("file://") for path in config.hydra.searchpath]
        self.record = Record(Path(config.hydra.sweep.dir), config_dirs)
        self.checked_points = CheckedPoints(config_dirs)
        self.lock = self.record.lock()
        sweeper = config.hydra.sweeper
        swept = [*self.record.swept, *swept_keys(config.hydra.overrides.task), *(sweeper.get("params") or {})]
        if sweeper.get("seeds"):
            swept.append("seed")
        line = command_line.get()
        commands = {"command": line, "resume": with_directory(line)} if line else {}
        self.record.write(
            swept=list(dict.fromkeys(swept)), config_dirs=config_dirs, packages=allowed_packages(), **commands
        )

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the unfinished jobs of some points and return the score of each point, NaN if it has no score."""
        jobs = self.plan(job_overrides)
        self.run_unfinished(jobs)
        return [_job_return(job) for job in jobs]

    def plan(self, points: Sequence[Sequence[str]]) -> list[Job]:
        """Check all points and return their jobs; a point that the record already has returns its existing job."""
        self.checked_points.check_all(points)
        if not self.record.objectives and points:
            self.record.write(objectives=default_objective(self.checked_points.compose(points[0])))
        return self.record.plan(points)

    def run_unfinished(self, jobs: Sequence[Job]) -> None:
        """Run the jobs that have not ended yet."""
        unfinished = [job for job in dict.fromkeys(jobs) if self.needs_run(job)]
        if unfinished:
            self.run(unfinished)

    def needs_run(self, job: Job) -> bool:
        """Return whether a job has not ended yet, or has failed and is to be retried."""
        outcome = Outcome.read(job.directory)
        return not outcome.is_final or (outcome.state == "failed" and self.retry_failed)

    @property
    def capacity(self) -> int:
        """How many jobs a search runs at once by default."""
        return 8

    @abstractmethod
    def run(self, jobs: Sequence[Job]) -> None:
        """Start jobs, wait for them (unless `wait` is off) and show their progress.

        The final state of a job is in its run directory, written by the job itself or, if it could not, by
        `write_state`. If the user ends the sweep, all jobs are ended or left running first; then this raises
        KeyboardInterrupt, or SystemExit with the code of another signal.
        """

    def stop(self, job: Job) -> None:
        """Ask one running job to save its state and end; `run` then waits for it."""
        raise NotImplementedError


def swept_keys(lines: Sequence[str]) -> list[str]:
    """Return the keys for which overrides list several values."""
    parsed = OverridesParser.create().parse_overrides(list(lines))
    return [override.key_or_group for override in parsed if override.is_sweep_override()]


def _job_return(job: Job) -> JobReturn:
    outcome = Outcome.read(job.directory)
    result = JobReturn(overrides=list(job.overrides), working_dir=str(job.directory), status=JobStatus.COMPLETED)
    finished = outcome.state == "finished"
    result.return_value = outcome.objective if finished else math.nan
    return result
