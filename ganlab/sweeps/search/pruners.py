"""Rules that end a trial early because of its intermediate scores; each class is a yaml of hydra/sweeper/pruner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, final

from ganlab.core.errors import UserError

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


class Pruner(ABC):
    """Builds an Optuna pruner for runs of `iterations` steps that are scored every `every` steps."""

    is_active: ClassVar[bool] = True

    @abstractmethod
    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the Optuna pruner."""


def _require_at_least(bound: int, **settings: int) -> None:
    for name, value in settings.items():
        if value < bound:
            raise UserError(f"hydra.sweeper.pruner.{name} must be at least {bound}, got {value}")


@final
class Never(Pruner):
    """Does not prune: every run trains to its end."""

    is_active: ClassVar[bool] = False

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the Optuna pruner."""
        from optuna.pruners import NopPruner

        return NopPruner()


@final
class Median(Pruner):
    """Prunes a trial that is worse than the median of earlier trials at the same step.

    It starts after `startup_trials` trials, and in each trial after `warmup_steps` steps.
    """

    def __init__(self, startup_trials: int = 5, warmup_steps: int = 0) -> None:
        _require_at_least(0, startup_trials=startup_trials, warmup_steps=warmup_steps)
        self.startup_trials, self.warmup_steps = startup_trials, warmup_steps

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the Optuna pruner."""
        from optuna.pruners import MedianPruner

        return MedianPruner(self.startup_trials, self.warmup_steps)


@final
class ASHA(Pruner):
    """Asynchronous successive halving (Li et al. 2020): at each rung, one trial in `reduction` continues.

    The first rung is at `first_step` steps, 0 for the first score.
    """

    def __init__(self, first_step: int = 0, reduction: int = 4) -> None:
        _require_at_least(0, first_step=first_step)
        _require_at_least(2, reduction=reduction)
        self.first_step, self.reduction = first_step, reduction

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the Optuna pruner."""
        from optuna.pruners import SuccessiveHalvingPruner

        return SuccessiveHalvingPruner(min_resource=self.first_step or every, reduction_factor=self.reduction)


@final
class Hyperband(Pruner):
    """Successive halving with several first rungs at once (Li et al. 2018); settings as in ASHA."""

    def __init__(self, first_step: int = 0, reduction: int = 3) -> None:
        _require_at_least(0, first_step=first_step)
        _require_at_least(2, reduction=reduction)
        self.first_step, self.reduction = first_step, reduction

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the Optuna pruner."""
        from optuna.pruners import HyperbandPruner

        first_step = self.first_step or every
        return HyperbandPruner(min_resource=first_step, max_resource=iterations, reduction_factor=self.reduction)
