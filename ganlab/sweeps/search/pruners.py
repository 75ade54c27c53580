"""When a search gives up a point by its intermediate scores; each class is a yaml of hydra/sweeper/pruner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, final

from ganlab.core.errors import UserError

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


class Pruner(ABC):
    """Builds a pruner of Optuna's for runs of so many steps, scored every so many."""

    is_active: ClassVar[bool] = True

    @abstractmethod
    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the pruner."""


def _at_least(bound: int, **settings: int) -> None:
    for name, value in settings.items():
        if value < bound:
            raise UserError(f"hydra.sweeper.pruner.{name} must be at least {bound}, got {value}")


@final
class Never(Pruner):
    """Every run goes to its end."""

    is_active: ClassVar[bool] = False

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the pruner."""
        from optuna.pruners import NopPruner

        return NopPruner()


@final
class Median(Pruner):
    """Gives up what is worse than the median of former trials at the same step, after some trials and steps."""

    def __init__(self, startup_trials: int = 5, warmup_steps: int = 0) -> None:
        _at_least(0, startup_trials=startup_trials, warmup_steps=warmup_steps)
        self.startup_trials, self.warmup_steps = startup_trials, warmup_steps

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the pruner."""
        from optuna.pruners import MedianPruner

        return MedianPruner(self.startup_trials, self.warmup_steps)


@final
class ASHA(Pruner):
    """Asynchronous successive halving (Li et al. 2020): at each rung, one in `reduction` goes on.

    The first rung is at `first_step` steps, 0 for the first score.
    """

    def __init__(self, first_step: int = 0, reduction: int = 4) -> None:
        _at_least(0, first_step=first_step)
        _at_least(2, reduction=reduction)
        self.first_step, self.reduction = first_step, reduction

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the pruner."""
        from optuna.pruners import SuccessiveHalvingPruner

        return SuccessiveHalvingPruner(min_resource=self.first_step or every, reduction_factor=self.reduction)


@final
class Hyperband(Pruner):
    """Successive halving from several first rungs at once (Li et al. 2018)."""

    def __init__(self, first_step: int = 0, reduction: int = 3) -> None:
        _at_least(0, first_step=first_step)
        _at_least(2, reduction=reduction)
        self.first_step, self.reduction = first_step, reduction

    def build(self, iterations: int, every: int) -> BasePruner:
        """Return the pruner."""
        from optuna.pruners import HyperbandPruner

        first = self.first_step or every
        return HyperbandPruner(min_resource=first, max_resource=iterations, reduction_factor=self.reduction)
