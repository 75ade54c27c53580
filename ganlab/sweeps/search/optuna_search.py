"""Search with Optuna's samplers and pruners; the study is one file in the directory of the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

from ganlab.core import private_api
from ganlab.core.errors import UserError
from ganlab.sweeps.search.pruners import Never, Pruner
from ganlab.sweeps.search.samplers import TPE, Sampler
from ganlab.sweeps.search.search import Search, Trial
from ganlab.sweeps.search.space import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial as OptunaTrial

FILE, NAME = "study.journal", "ganlab"
# The attribute of a retry that holds the number of the failed trial; a retry does not count against `trials`.
RETRY = "retry_of"


@final
class Optuna(Search):
    """Gets its points from an Optuna study; an existing study is resumed.

    Raises UserError if Optuna is not installed, or if the study was created for another space.
    """

    prunes: ClassVar[bool] = True

    def __init__(
        self,
        sampler: Sampler | None = None,
        pruner: Pruner | None = None,
        trials: int = 20,
        batch: int | None = None,
        seeds: Sequence[int] = (),
        objectives: Sequence[str] = (),
        params: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(trials, batch, seeds, objectives, params, seed)
        self.sampler, self.pruner = sampler or TPE(), pruner or Never()
        if find_spec("optuna") is None:
            raise UserError("hydra/sweeper=optuna needs the package optuna; pip install 'ganlab[search]'")

    def begin(self, space: Space, objectives: dict[str, bool]) -> None:
        """Create or open the study."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = space
        config = self.job_launcher.checked_points.compose(space.corners()[0])
        self._check_pruning(objectives, config.evaluate_every)
        storage = _open_storage(self.job_launcher.record.path / FILE)
        self._save_search(list(objectives))
        self._optuna_trials: dict[int, OptunaTrial] = {}
        self.study: Study = optuna.create_study(
            storage=storage,
            study_name=NAME,
            directions=["maximize" if higher else "minimize" for higher in objectives.values()],
            pruner=self.pruner.build(config.iterations, config.evaluate_every or config.iterations),
            load_if_exists=True,
        )
        # A resumed study needs another seed, or the sampler would repeat its first draws.
        self.study.sampler = self.sampler.build(space, objectives, self.seed + len(self.study.trials))
        points = self.sampler.points(space)
        self._enqueue((points or [])[: self.trials])
        self.limit = self.trials if points is None else min(self.trials, len(points))
        if self.job_launcher.retry_failed:
            self._enqueue_retries()

    def next_trials(self, count: int) -> list[Trial]:
        """Return at most `count` trials, unfinished ones of an earlier call first; none ends the search."""
        from optuna.trial import Trial as OptunaTrial
        from optuna.trial import TrialState

        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        resumed = [OptunaTrial(self.study, private_api.trial_id(trial)) for trial in running[:count]]
        trials = self.study.get_trials(deepcopy=False)
        used = sum(trial.state != TrialState.WAITING and RETRY not in trial.user_attrs for trial in trials)
        retries = sum(trial.state == TrialState.WAITING and RETRY in trial.user_attrs for trial in trials)
        new = [self.study.ask() for _ in range(min(count - len(resumed), self.limit - used + retries))]
        self._optuna_trials |= {trial.number: trial for trial in [*resumed, *new]}
        return [Trial(trial.number, self.space.suggest(trial)) for trial in [*resumed, *new]]

    def add_result(self, trial: Trial, values: list[float] | None) -> None:
        """Record the scores of a finished trial, None if it failed."""
        from optuna.trial import TrialState

        self._finish(trial, TrialState.FAIL if values is None else TrialState.COMPLETE, values)

    def add_pruned(self, trial: Trial) -> None:
        """Record that a trial was pruned."""
        from optuna.trial import TrialState

        self._finish(trial, TrialState.PRUNED)

    def add_intermediate(self, trial: Trial, step: int, value: float) -> bool:
        """Record a score during training, each step once and in order; return whether to prune the trial."""
        if not self.pruner.is_active:
            return False
        optuna_trial = self._optuna_trials[trial.number]
        if step not in self.study.get_trials(deepcopy=False)[trial.number].intermediate_values:
            optuna_trial.report(value, step)
        is_last = step >= self.job_launcher.checked_points.compose(trial.overrides).iterations
        return not is_last and optuna_trial.should_prune()

    def _finish(self, trial: Trial, state: Any, values: list[float] | None = None) -> None:
        self.study.tell(trial.number, values, state)

    def _enqueue(self, points: Sequence[dict[str, Any]]) -> None:
        """Enqueue the points that the study does not have: an earlier call may have had fewer, or not enqueued all."""
        known = [
            trial.system_attrs.get("fixed_params", trial.params) for trial in self.study.get_trials(deepcopy=False)
        ]
        for point in points:
            if point not in known:
                self.study.enqueue_trial(point)

    def _enqueue_retries(self) -> None:
        """Enqueue the points of failed trials that have no retry yet."""
        from optuna.trial import TrialState

        trials = self.study.get_trials(deepcopy=False)
        retried = {trial.user_attrs.get(RETRY) for trial in trials}
        for trial in trials:
            if trial.state == TrialState.FAIL and trial.number not in retried:
                self.study.enqueue_trial(trial.params, user_attrs={RETRY: trial.number})

    def _check_pruning(self, objectives: dict[str, bool], every: int) -> None:
        """Raise UserError if the pruner cannot work with the objectives, the evaluations or the launcher."""
        if not self.pruner.is_active:
            return
        if len(objectives) > 1:
            raise UserError("hydra/sweeper/pruner: pruning needs a single objective; choose hydra/sweeper/pruner=none")
        if not every:
            raise UserError("hydra/sweeper/pruner needs scores during training; write evaluate_every=STEPS")
        if not self.job_launcher.can_stop:
            name = type(self.job_launcher).__name__
            raise UserError(f"hydra/sweeper/pruner: {name} cannot end a single job; choose hydra/sweeper/pruner=none")

    def _save_search(self, objectives: list[str]) -> None:
        """Save the space and the objectives; raises UserError if the directory has a search with others."""
        search: dict[str, Any] = {"fixed": sorted(self.space.fixed), "axes": sorted(map(repr, self.space.axes))}
        search |= {"objectives": objectives, "seeds": self.seeds}
        record = self.job_launcher.record
        saved = record.content.get("search")
        record.write(search=saved or search)
        if saved and saved != search:
            differing = ", ".join(key for key in search if saved.get(key) != search[key])
            raise UserError(
                f"{record.path} contains a search with other settings ({differing}), and its trials cannot be compared "
                "with new ones; choose another hydra.sweep.dir"
            )


def _open_storage(path: Path) -> Any:
    """Open the file of a study, without the incomplete last line and the lock file that a killed process may leave.

    The lock of the sweep ensures that no other process uses the study.
    """
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.exists():
        content = path.read_bytes()
        complete = content.rpartition(b"\n")[0] + b"\n" if b"\n" in content else b""
        if complete != content:
            path.write_bytes(complete)
    return JournalStorage(JournalFileBackend(str(path)))
