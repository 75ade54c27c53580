"""Search with Optuna: its samplers and pruners over our jobs, in a study that is one file of the sweep's directory."""

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
# A trial that tries a failed one again has its number under this name, and does not count against the budget.
RETRY = "retry_of"


@final
class Optuna(Search):
    """Asks a study for points and tells it of them; a study that is there already is gone on with.

    Raises UserError without Optuna, and for a study that was begun over another space.
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
        """Open the study."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = space
        config = self.jobs.checked(space.corners()[0])
        self._check_pruning(objectives, config.evaluate_every)
        storage = _storage(self.jobs.record.path / FILE)
        self._trials: dict[int, OptunaTrial] = {}
        self.study: Study = optuna.create_study(
            storage=storage,
            study_name=NAME,
            directions=["maximize" if higher else "minimize" for higher in objectives.values()],
            pruner=self.pruner.build(config.iterations, config.evaluate_every or config.iterations),
            load_if_exists=self._is_known(storage, list(objectives)),
        )
        # Another seed after a pause, or the sampler would draw once more what it drew first.
        self.study.sampler = self.sampler.build(space, objectives, self.seed + len(self.study.trials))
        points = self.sampler.points(space)
        self._enqueue((points or [])[: self.trials])
        self.limit = self.trials if points is None else min(self.trials, len(points))
        if self.jobs.retry_failed:
            self._retry()

    def ask(self, count: int) -> list[Trial]:
        """Return the next trials, those first that were begun and not told of."""
        from optuna.trial import Trial as OptunaTrial
        from optuna.trial import TrialState

        states = (TrialState.RUNNING,)
        begun = [OptunaTrial(self.study, private_api.trial_id(each)) for each in self.study.get_trials(False, states)][
            :count
        ]
        trials = self.study.get_trials(deepcopy=False)
        used = sum(each.state != TrialState.WAITING and RETRY not in each.user_attrs for each in trials)
        again = sum(each.state == TrialState.WAITING and RETRY in each.user_attrs for each in trials)
        new = [self.study.ask() for _ in range(min(count - len(begun), self.limit - used + again))]
        self._trials |= {each.number: each for each in [*begun, *new]}
        return [Trial(each.number, self.space.point(each)) for each in [*begun, *new]]

    def tell(self, trial: Trial, values: list[float] | None) -> None:
        """Take in the scores of a trial."""
        from optuna.trial import TrialState

        if values is None:
            self.study.tell(trial.number, state=TrialState.FAIL)
        else:
            self.study.tell(trial.number, values)

    def told_pruned(self, trial: Trial) -> None:
        """Take in that a trial was given up."""
        from optuna.trial import TrialState

        self.study.tell(trial.number, state=TrialState.PRUNED)

    def report(self, trial: Trial, step: int, value: float) -> bool:
        """Take in an intermediate score and ask the pruner."""
        if not self.pruner.is_active:
            return False
        running = self._trials[trial.number]
        if step not in self.study.get_trials(deepcopy=False)[trial.number].intermediate_values:
            running.report(value, step)
        return step < self.jobs.checked(trial.overrides).iterations and running.should_prune()

    def _enqueue(self, points: Sequence[dict[str, Any]]) -> None:
        """Line up those points that the study does not have: it may have been begun with fewer, or not to the end."""
        known = [each.system_attrs.get("fixed_params", each.params) for each in self.study.get_trials(deepcopy=False)]
        for point in points:
            if point not in known:
                self.study.enqueue_trial(point)

    def _retry(self) -> None:
        from optuna.trial import TrialState

        trials = self.study.get_trials(deepcopy=False)
        known = {each.user_attrs.get(RETRY) for each in trials}
        for each in trials:
            if each.state == TrialState.FAIL and each.number not in known:
                self.study.enqueue_trial(each.params, user_attrs={RETRY: each.number})

    def _check_pruning(self, objectives: dict[str, bool], every: int) -> None:
        if not self.pruner.is_active:
            return
        if len(objectives) > 1:
            raise UserError(
                "hydra/sweeper/pruner: only one objective can be pruned by; choose hydra/sweeper/pruner=none"
            )
        if not every:
            raise UserError("hydra/sweeper/pruner needs scores during training; write evaluate_every=STEPS")
        if not self.jobs.can_stop:
            name = type(self.jobs).__name__
            raise UserError(f"hydra/sweeper/pruner: {name} cannot end a single job; choose hydra/sweeper/pruner=none")

    def _is_known(self, storage: Any, objectives: list[str]) -> bool:
        """Tell whether the study is there; raises UserError where it was begun for something else."""
        asked: dict[str, Any] = {"fixed": sorted(self.space.fixed), "axes": sorted(map(repr, self.space.axes))}
        asked |= {"objectives": objectives, "seeds": self.seeds}
        former = self.jobs.record.content.get("search")
        self.jobs.record.write(search=former or asked)
        if former and former != asked:
            unlike = ", ".join(key for key in asked if former.get(key) != asked[key])
            raise UserError(
                f"{self.jobs.record.path} holds a search with other settings ({unlike}); its trials could not be "
                "compared with new ones: choose another hydra.sweep.dir"
            )
        return True


def _storage(path: Path) -> Any:
    """Open the file of a study, without what a killed process has left half done; the sweep's lock makes it ours."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.exists():
        content = path.read_bytes()
        whole = content.rpartition(b"\n")[0] + b"\n" if b"\n" in content else b""
        if whole != content:
            path.write_bytes(whole)
    return JournalStorage(JournalFileBackend(str(path)))
