"""What every search has in common: points are asked for in batches, run with all their seeds, and told of."""

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
from ganlab.sweeps.jobs.job import Job, Outcome, give_up
from ganlab.sweeps.jobs.objectives import objectives
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.search.expected_protocols import refuse_unlike
from ganlab.sweeps.search.learning_curves import Curves
from ganlab.sweeps.search.space import Space, parse


@dataclass(frozen=True)
class Trial:
    """A point that a search wants to know the scores of."""

    number: int
    overrides: tuple[str, ...]


class Search(Sweeper, ABC):
    """Looks for the best point of a space, in `trials` trials of which `batch` are at work at once.

    A trial is one job, or one for each of `seeds`, of whose scores it has the mean. `params` are axes that come from a
    yaml instead of the command line. A trial with a failed job, or without a number, has failed; the search goes on.
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
        self.seeds, self.names, self.params = list(seeds), list(objectives), dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Set up the launcher; raises UserError for one that cannot do what the search needs of it."""
        self.config = config
        self.launcher = launcher = Plugins.instance().instantiate_launcher(hydra_context, task_function, config)
        if not isinstance(launcher, Launcher):
            name = config.hydra.launcher._target_.rpartition(".")[2]
            raise UserError(f"hydra/launcher: a search needs hydra/launcher=local or slurm, not {name}")
        if not launcher.wait:
            raise UserError("--no-wait: a search chooses by the scores of former jobs; drop it, or make it a grid")
        self.jobs: Launcher = launcher

    def sweep(self, arguments: list[str]) -> Any:
        """Search; raises UserError for what is wrong with the space before the first job begins."""
        space = parse([*(f"{key}={value}" for key, value in self.params.items()), *arguments])
        if self.seeds and any(axis.name == "seed" for axis in space.axes):
            raise UserError("seed is an axis and hydra.sweeper.seeds names replicates; keep one of them")
        self.jobs.checked.all(space.corners())
        configs = [self.jobs.checked(point) for point in space.corners()]
        wanted = objectives(configs[0], self.names)
        refuse_unlike(configs, wanted)
        self.jobs.record.write(objectives=wanted)
        self.begin(space, wanted)
        while batch := self.ask(self.batch or self.jobs.width):
            if not self._run(batch, list(wanted)):
                break  # somebody ends every job, and would end them for ever

    @abstractmethod
    def begin(self, space: Space, objectives: dict[str, bool]) -> None:
        """Take in the space and the scores (is higher better?); raises UserError for what cannot be searched."""

    @abstractmethod
    def ask(self, count: int) -> list[Trial]:
        """Return the next trials, those first that were begun and not told of; none at the end."""

    def tell(self, trial: Trial, values: list[float] | None) -> None:
        """Take in the scores of a trial, None where it failed."""

    def told_pruned(self, trial: Trial) -> None:
        """Take in that a trial was given up."""

    def report(self, trial: Trial, step: int, value: float) -> bool:
        """Take in an intermediate score, each step once and in order, and tell whether to give the trial up."""
        return False

    def _run(self, batch: Sequence[Trial], names: list[str]) -> bool:
        """Run a batch, tell of all trials that have ended, also where a person ends it, and return if there are any."""
        planned: dict[Trial, list[Job]] = {}
        for trial in batch:
            try:
                planned[trial] = self.jobs.plan(self._replicates(trial))
            except ConfigurationError as error:  # parts that are fine by themselves, and not together
                print(f"trial {trial.number} cannot be built: {'; '.join(error.issues)}", file=sys.stderr)
                self.tell(trial, None)
        watched = {trial: Curves(jobs, names[0]) for trial, jobs in planned.items()}
        pruned: set[Trial] = set()
        if self.prunes:
            self.jobs.watch = partial(self._watch, planned, watched, pruned)
        try:
            self.jobs.run_rest([job for jobs in planned.values() for job in jobs])
        finally:
            ended = [
                self._conclude(trial, jobs, watched[trial], trial in pruned, names) for trial, jobs in planned.items()
            ]
        return any(ended) or len(planned) < len(batch)

    def _watch(self, planned: dict[Trial, list[Job]], watched: dict[Trial, Curves], pruned: set[Trial]) -> None:
        for trial, jobs in planned.items():
            if trial not in pruned and any(self.report(trial, *each) for each in watched[trial].news()):
                pruned.add(trial)
                for job in jobs:
                    self.jobs.stop(job)

    def _conclude(self, trial: Trial, jobs: Sequence[Job], curves: Curves, pruned: bool, names: list[str]) -> bool:
        """Tell of a trial that has ended, and return whether it has."""
        if self.prunes:
            for each in curves.news():
                self.report(trial, *each)
        outcomes = [Outcome.of(job.directory) for job in jobs]
        if pruned and any(outcome.state == "preempted" for outcome in outcomes):
            for job, outcome in zip(jobs, outcomes, strict=True):
                if outcome.state == "preempted":
                    give_up(job, f"pruned: {names[0]} was worse than others' at step {curves.last}")
            self.told_pruned(trial)
        elif any(outcome.state == "pruned" for outcome in outcomes):
            self.told_pruned(trial)
        elif all(outcome.is_final for outcome in outcomes):
            self.tell(trial, _means(outcomes, names))
        else:
            return False
        return True

    def _replicates(self, trial: Trial) -> list[tuple[str, ...]]:
        if not self.seeds:
            return [trial.overrides]
        own = [each for each in trial.overrides if not each.startswith("seed=")]
        return [(*own, f"seed={seed}") for seed in self.seeds]


def _means(outcomes: Sequence[Outcome], names: Sequence[str]) -> list[float] | None:
    """Return the mean of each score over jobs, or None where a job has none, or no number."""
    values = [[outcome.scores.get(name, math.nan) for outcome in outcomes] for name in names]
    means = [fmean(numbers) for numbers in values]
    return means if all(map(math.isfinite, means)) else None
