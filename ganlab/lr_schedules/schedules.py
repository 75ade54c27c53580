"""Learning-rate schedules: a factor on every learning rate, as a function of the share of the steps done."""

import math
from abc import ABC, abstractmethod


class LearningRateSchedule(ABC):
    """The factor on every player's learning rate, after a linear warm-up over the first `warmup` share of the steps.

    A schedule is a function of step and number of iterations, so it has no state to save. Raises ValueError for a
    warm-up outside [0, 1). A subclass implements `factor`:

    >>> class HalfTime(LearningRateSchedule):
    ...     def factor(self, done):
    ...         return 1.0 if done < 0.5 else 0.1
    >>> schedule = HalfTime()
    >>> [schedule(step, iterations=4) for step in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    def __init__(self, warmup: float = 0.0) -> None:
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup must be at least 0 and below 1, a share of the iterations, got {warmup}")
        self.warmup = warmup

    def __call__(self, step: int, iterations: int) -> float:
        """Return the factor at a step, from 0 to iterations − 1."""
        done = step / iterations
        if done < self.warmup:
            return (step + 1) / (self.warmup * iterations + 1)
        return self.factor((done - self.warmup) / (1 - self.warmup))

    @abstractmethod
    def factor(self, done: float) -> float:
        """Return the factor when a share `done`, in [0, 1), of the steps after the warm-up is done."""


class Constant(LearningRateSchedule):
    """The learning rates as configured."""

    def factor(self, done: float) -> float:
        """Return 1."""
        return 1.0


class Linear(LearningRateSchedule):
    """Constant up to the share `start`, then linear down to `final`.

    Raises ValueError for a value outside [0, 1].
    """

    def __init__(self, final: float = 0.0, start: float = 0.0, warmup: float = 0.0) -> None:
        super().__init__(warmup)
        self.final, self.start = _share("final", final), _share("start", start)

    def factor(self, done: float) -> float:
        """Return 1 up to `start`, then decrease linearly."""
        return 1 - (1 - self.final) * max(0.0, done - self.start) / max(1 - self.start, 1e-12)


class Cosine(LearningRateSchedule):
    """Half a cosine from 1 to `final` at the share `end`, then constant (Loshchilov & Hutter 2017, eq. 5).

    Raises ValueError for a value outside [0, 1].
    """

    def __init__(self, final: float = 0.0, warmup: float = 0.0, end: float = 1.0) -> None:
        super().__init__(warmup)
        self.final, self.end = _share("final", final), _share("end", end)

    def factor(self, done: float) -> float:
        """Return the cosine up to `end`, then `final`."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * min(done / max(self.end, 1e-12), 1.0))) / 2


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")
    return value
