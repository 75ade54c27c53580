"""The Optuna samplers, which choose the next point; each class is a yaml of hydra/sweeper/sampler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING, Any, final

from ganlab.core.errors import UserError
from ganlab.sweeps.search.space import LARGEST_GRID, Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

SETTING = "hydra/sweeper/sampler"


class Sampler(ABC):
    """Builds an Optuna sampler for a space; raises UserError if it cannot search the space by the objectives."""

    @abstractmethod
    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the Optuna sampler."""

    def points(self, space: Space) -> list[dict[str, Any]] | None:
        """Return all points by the names of their axes, or None if they depend on earlier scores."""
        return None


@final
class TPE(Sampler):
    """Tree-structured Parzen estimator (Bergstra et al. 2011), which starts with `startup_trials` random points."""

    def __init__(self, startup_trials: int = 10) -> None:
        self.startup_trials = startup_trials

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the Optuna sampler."""
        from optuna.samplers import TPESampler

        return TPESampler(n_startup_trials=self.startup_trials, constant_liar=True, seed=seed)


@final
class CMAES(Sampler):
    """Covariance matrix adaptation (Hansen & Ostermeier 2001), for at least two numeric axes and one objective."""

    def __init__(self, startup_trials: int = 1) -> None:
        self.startup_trials = startup_trials

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the Optuna sampler."""
        if len(objectives) > 1:
            raise UserError(f"{SETTING}=cmaes searches by one objective, not {len(objectives)}; choose tpe or nsgaii")
        if sum(axis.is_ordered for axis in space.axes) < 2:
            raise UserError(f"{SETTING}=cmaes needs at least two axes of numbers (range, interval); choose tpe")
        if find_spec("cmaes") is None:
            raise UserError(f"{SETTING}=cmaes needs the package cmaes; pip install 'ganlab[search]'")
        from optuna.samplers import CmaEsSampler

        return CmaEsSampler(n_startup_trials=self.startup_trials, warn_independent_sampling=False, seed=seed)


@final
class Uniform(Sampler):
    """Random points, saved in the study like those of other samplers."""

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the Optuna sampler."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=seed)


@final
class Grid(Sampler):
    """All points of a finite space; unlike Hydra's own grid, bad points can be pruned."""

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return any Optuna sampler: `points` chooses all values."""
        if space.size() > LARGEST_GRID:
            size = f"{space.size():,}".replace("inf", "infinitely many")
            raise UserError(
                f"{SETTING}=grid: this space has {size} points, and at most {LARGEST_GRID:,} are allowed; use range"
            )
        return Uniform().build(space, objectives, seed)

    def points(self, space: Space) -> list[dict[str, Any]]:
        """Return all points by the names of their axes."""
        names = [axis.name for axis in space.axes]
        return [dict(zip(names, values, strict=True)) for values in product(*(axis.values() for axis in space.axes))]


@final
class NSGAII(Sampler):
    """A genetic search for the Pareto front (Deb et al. 2002), in generations of `population` points."""

    def __init__(self, population: int = 20) -> None:
        if population < 2:
            raise UserError(f"hydra.sweeper.sampler.population must be at least 2, got {population}")
        self.population = population

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the Optuna sampler."""
        from optuna.samplers import NSGAIISampler

        return NSGAIISampler(population_size=self.population, seed=seed)
