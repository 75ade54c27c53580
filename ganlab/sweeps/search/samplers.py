"""How Optuna chooses the next point; each class is a yaml of hydra/sweeper/sampler."""

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

WHERE = "hydra/sweeper/sampler"


class Sampler(ABC):
    """Builds a sampler of Optuna's for a space; raises UserError for a space or objectives that it cannot search."""

    @abstractmethod
    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler."""

    def points(self, space: Space) -> list[dict[str, Any]] | None:
        """Return all points to try, by the names of axes, where they are known beforehand."""
        return None


@final
class TPE(Sampler):
    """Tree-structured Parzen estimator (Bergstra et al. 2011), which begins with `startup_trials` random points."""

    def __init__(self, startup_trials: int = 10) -> None:
        self.startup_trials = startup_trials

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler."""
        from optuna.samplers import TPESampler

        return TPESampler(n_startup_trials=self.startup_trials, constant_liar=True, seed=seed)


@final
class CMAES(Sampler):
    """Covariance matrix adaptation (Hansen & Ostermeier 2001): for two or more numbers and one objective."""

    def __init__(self, startup_trials: int = 1) -> None:
        self.startup_trials = startup_trials

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler."""
        if len(objectives) > 1:
            raise UserError(f"{WHERE}=cmaes searches by one objective, not {len(objectives)}; choose tpe or nsgaii")
        if sum(axis.is_ordered for axis in space.axes) < 2:
            raise UserError(f"{WHERE}=cmaes needs at least two axes of numbers (range, interval); choose tpe")
        if find_spec("cmaes") is None:
            raise UserError(f"{WHERE}=cmaes needs the package cmaes; pip install 'ganlab[search]'")
        from optuna.samplers import CmaEsSampler

        return CmaEsSampler(n_startup_trials=self.startup_trials, warn_independent_sampling=False, seed=seed)


@final
class Uniform(Sampler):
    """Points at random, kept in the study beside those of other samplers."""

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=seed)


@final
class Grid(Sampler):
    """All points of a finite space, so that bad ones can be pruned."""

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler, which has nothing left to choose."""
        if space.size() > LARGEST_GRID:
            size = f"{space.size():,}".replace("inf", "infinitely many")
            raise UserError(f"{WHERE}=grid: this space has {size} points, and {LARGEST_GRID:,} are allowed; use range")
        return Uniform().build(space, objectives, seed)

    def points(self, space: Space) -> list[dict[str, Any]]:
        """Return all points."""
        values = [axis.values() for axis in space.axes]
        return [dict(zip([axis.name for axis in space.axes], each, strict=True)) for each in product(*values)]


@final
class NSGAII(Sampler):
    """A genetic search for all that no other point is better than (Deb et al. 2002), in generations of `population`."""

    def __init__(self, population: int = 20) -> None:
        if population < 2:
            raise UserError(f"hydra.sweeper.sampler.population must be at least 2, got {population}")
        self.population = population

    def build(self, space: Space, objectives: Mapping[str, bool], seed: int) -> BaseSampler:
        """Return the sampler."""
        from optuna.samplers import NSGAIISampler

        return NSGAIISampler(population_size=self.population, seed=seed)
