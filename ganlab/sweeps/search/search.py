"""The base class of all searches: runs points in batches, each with all its seeds, and returns their scores."""

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any, ClassVar

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ganlab.core.errors import ConfigurationError, UserError
from ganlab.sweeps.jobs.job import Job, Outcome, mark_pruned
from ganlab.sweeps.jobs.objectives import select_objectives
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.search.expected_protocols import require_one_protocol
from ganlab.sweeps.search.learning_curves import LearningCurve
from ganlab.sweeps.search.space import Space, parse


@dataclass(frozen=True)
class Trial:
    """A point to be scored."""

    number: int
    overrides: tuple[str, ...]


class Search(Sweeper, ABC):
    """Searches a space for the best point in `trials` trials, of which `batch` run at once.

    A trial is one job, or one job for each of `seeds`, and its score is their mean. `params` are axes set in a yaml
    instead of on the command line. A trial fails if a job fails or a score is not finite; the search continues.
    """

    prunes: ClassVar[bool] = False

    def __init__(
        self,
        trials: int = 20,
        batch: int | None = None,
        seeds: Sequence[int] = (),
        objectives: Sequence[str] = (),
        params: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        for name, value in (("trials", trials), ("batch", batch)):
            if value is not None and value < 1:
                raise UserError(f"hydra.sweeper.{name} must be at least 1, got {value}")
        for name, values, example in (("seeds", seeds, "0,1,2"), ("objectives", objectives, "fid")):
            if isinstance(values, str) or not isinstance(values, Sequence):
                raise UserError(f"hydra.sweeper.{name} must be a list, such as [{example}], got {values!r}")
        self.trials, self.batch, self.seed = trials, batch, seed
        self.seeds, self.objective_names, self.params = list(seeds), list(objectives), dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Set up the launcher; raises UserError if it lacks what a search needs."""
        self.config = config
        self.launcher = launcher = Plugins.instance().instantiate_launcher(hydra_context, task_function, config)
        if not isinstance(launcher, Launcher):
            name = config.hydra.launcher._target_.rpartition(".")[2]
            raise UserError(f"hydra/launcher: a search needs hydra/launcher=local or slurm, not {name}")
        if not launcher.wait:
            raise UserError(
                "--no-wait: a search chooses points by the scores of earlier jobs; remove it, or sweep over a grid"
            )
        self.job_launcher: Launcher = launcher

    def sweep(self, arguments: list[str]) -> Any:
        """Run the search; raises UserError before the first job starts if the space is invalid."""
        space = parse([*(f"{key}={value}" for key, value in self.params.items()), *arguments])
        if self.seeds and any(axis.name == "seed" for axis in space.axes):
            raise UserError("seed is an axis, and hydra.sweeper.seeds sets replicates; use only one of them")
        checked_points = self.job_launcher.checked_points
        checked_points.check_all(space.corners())
        configs = [checked_points.compose(point) for point in space.corners()]
        objectives = select_objectives(configs[0], self.objective_names)
        require_one_protocol(configs, objectives)
        self.job_launcher.record.write(objectives=objectives)
        self.begin(space, objectives)
        while batch := self.next_trials(self.batch or self.job_launcher.capacity):
            if not self._run_batch(batch, list(objectives)):
                break  # all jobs were ended from outside; new ones would probably be, too

    @abstractmethod
    def begin(self, space: Space, objectives: dict[str, bool]) -> None:
        """Set the space and the objectives (is higher better?); raises UserError if they cannot be searched."""

    @abstractmethod
    def next_trials(self, count: int) -> list[Trial]:
        """Return at most `count` trials, unfinished ones of an earlier call first; none ends the search."""

    def add_result(self, trial: Trial, values: list[float] | None) -> None:
        """Record the scores of a finished trial, None if it failed."""

    def add_pruned(self, trial: Trial) -> None:
        """Record that a trial was pruned."""

    def add_intermediate(self, trial: Trial, step: int, value: float) -> bool:
        """Record a score during training, each step once and in order; return whether to prune the trial."""
        return False

    def _run_batch(self, batch: Sequence[Trial], names: list[str]) -> bool:
        """Run a batch and record every trial that has ended, even if interrupted; return whether any has ended."""
        planned: dict[Trial, list[Job]] = {}
        for trial in batch:
            try:
                planned[trial] = self.job_launcher.plan(self._replicates(trial))
            except ConfigurationError as error:  # settings that are valid alone, but not together
                print(f"trial {trial.number} cannot be built: {'; '.join(error.issues)}", file=sys.stderr)
                self.add_result(trial, None)
        curves = {trial: LearningCurve(jobs, names[0]) for trial, jobs in planned.items()}
        pruned: set[Trial] = set()
        if self.prunes:
            self.job_launcher.on_poll = partial(self._prune, planned, curves, pruned)
        try:
            self.job_launcher.run_unfinished([job for jobs in planned.values() for job in jobs])
        finally:
            ended = [
                self._record_ended(trial, jobs, curves[trial], trial in pruned, names)
                for trial, jobs in planned.items()
            ]
        return any(ended) or len(planned) < len(batch)

    def _prune(self, planned: dict[Trial, list[Job]], curves: dict[Trial, LearningCurve], pruned: set[Trial]) -> None:
        """Record the new scores of all trials, stop the jobs of those to prune, and add these to `pruned`."""
        for trial, jobs in planned.items():
            if trial not in pruned and any(
                self.add_intermediate(trial, step, value) for step, value in curves[trial].new_points()
            ):
                pruned.add(trial)
                for job in jobs:
                    self.job_launcher.stop(job)

    def _record_ended(
        self, trial: Trial, jobs: Sequence[Job], curve: LearningCurve, pruned: bool, names: list[str]
    ) -> bool:
        """Record the result of a trial if it has ended, and return whether it has."""
        if self.prunes:
            for step, value in curve.new_points():
                self.add_intermediate(trial, step, value)
        outcomes = [Outcome.read(job.directory) for job in jobs]
        if pruned and any(outcome.state == "preempted" for outcome in outcomes):
            for job, outcome in zip(jobs, outcomes, strict=True):
                if outcome.state == "preempted":
                    reason = f"pruned: {names[0]} was worse than that of other trials at step {curve.last_step}"
                    mark_pruned(job, reason)
            self.add_pruned(trial)
        elif any(outcome.state == "pruned" for outcome in outcomes):
            self.add_pruned(trial)
        elif all(outcome.is_final for outcome in outcomes):
            self.add_result(trial, _mean_scores(outcomes, names))
        else:
            return False
        return True

    def _replicates(self, trial: Trial) -> list[tuple[str, ...]]:
        if not self.seeds:
            return [trial.overrides]
        shared = [override for override in trial.overrides if not override.startswith("seed=")]
        return [(*shared, f"seed={seed}") for seed in self.seeds]


def _mean_scores(outcomes: Sequence[Outcome], names: Sequence[str]) -> list[float] | None:
    """Return the mean of each score over jobs, or None if a score is missing or not finite."""
    values = [[outcome.scores.get(name, math.nan) for outcome in outcomes] for name in names]
    means = [fmean(scores) for scores in values]
    return means if all(map(math.isfinite, means)) else None
