"""The factor on every learning rate, a function of the share of the steps done; it has no state to save."""

import math
from abc import ABC, abstractmethod


class LearningRateSchedule(ABC):
    """A factor after a linear warm-up over the first `warmup` share of training; raises ValueError outside [0, 1)."""

    def __init__(self, warmup: float = 0.0) -> None:
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup must be at least 0 and below 1, a share of the iterations, got {warmup}")
        self.warmup = warmup

    def __call__(self, step: int, iterations: int) -> float:
        """Return the factor at a step."""
        done = step / iterations
        if done < self.warmup:
            return (step + 1) / (self.warmup * iterations + 1)
        return self.factor((done - self.warmup) / (1 - self.warmup))

    @abstractmethod
    def factor(self, done: float) -> float:
        """Return the factor when this share, in [0, 1), of what follows the warm-up is done."""


class Constant(LearningRateSchedule):
    """The learning rates as configured."""

    def factor(self, done: float) -> float:
        """Return 1."""
        return 1.0


class Linear(LearningRateSchedule):
    """Constant up to the share `start`, then linearly down to `final`."""

    def __init__(self, final: float = 0.0, start: float = 0.0, warmup: float = 0.0) -> None:
        super().__init__(warmup)
        self.final, self.start = _share("final", final), _share("start", start)

    def factor(self, done: float) -> float:
        """Return the height of the line."""
        return 1 - (1 - self.final) * max(0.0, done - self.start) / max(1 - self.start, 1e-12)


class Cosine(LearningRateSchedule):
    """Half a cosine from 1 to `final` at the share `end`, and constant from there (Loshchilov & Hutter 2017, eq. 5)."""

    def __init__(self, final: float = 0.0, warmup: float = 0.0, end: float = 1.0) -> None:
        super().__init__(warmup)
        self.final, self.end = _share("final", final), _share("end", end)

    def factor(self, done: float) -> float:
        """Return the height of the curve."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * min(done / max(self.end, 1e-12), 1.0))) / 2


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")
    return value
