"""Random search: points drawn independently of each other, as a function of the seed."""

import math
from collections.abc import Sequence
from typing import Any, final

from ganlab.core.random import Random
from ganlab.sweeps.search.search import Search, Trial
from ganlab.sweeps.search.space import Space


@final
class RandomSearch(Search):
    """Draws each trial as a function of (seed, number), so the same command returns the same jobs.

    Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization.
    """

    def begin(self, space: Space, objectives: dict[str, bool]) -> None:
        """Set the space."""
        self.space, self._next = space, 0

    def next_trials(self, count: int) -> list[Trial]:
        """Return the next trials, at most `count`; none once all are returned."""
        numbers = range(self._next, min(self._next + count, self.trials))
        self._next += len(numbers)
        return [Trial(number, self.space.suggest(RandomSuggester(self.seed, number))) for number in numbers]


@final
class RandomSuggester:
    """Draws the values of one point, uniformly in their range or in its logarithm."""

    def __init__(self, seed: int, number: int) -> None:
        self._random = Random(seed).seek(number)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of several values."""
        return choices[min(int(self._uniform(name) * len(choices)), len(choices) - 1)]

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return an integer between low and high, both included."""
        if log:
            return min(max(round(self.suggest_float(name, low - 0.5, high + 0.5, log=True)), low), high)
        return low + step * min(int(self._uniform(name) * ((high - low) // step + 1)), (high - low) // step)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a number between low and high."""
        if step is not None:
            return low + step * self.suggest_int(name, 0, round((high - low) / step))
        if log:
            return math.exp(self.suggest_float(name, math.log(low), math.log(high)))
        return low + (high - low) * self._uniform(name)

    def _uniform(self, name: str) -> float:
        return float(self._random.uniform(f"search/{name}", [1]))
