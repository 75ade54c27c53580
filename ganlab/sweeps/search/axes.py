"""The axes of a search: settings with several values, and how one of them is chosen."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final


class Draws(Protocol):
    """Whoever chooses values: one of our own, or a trial of Optuna's, whose methods these are."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Choose one of several."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Choose a whole number between low and high, both included."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Choose a number between low and high."""


@dataclass(frozen=True)
class Axis(ABC):
    """A setting with several values; `key` is what stands before the equals sign, `name` the same without signs."""

    key: str
    name: str

    @abstractmethod
    def draw(self, draws: Draws) -> str:
        """Have a value chosen, and return the override that sets it."""

    @abstractmethod
    def values(self) -> list[Any]:
        """Return all values, none where there are infinitely many."""

    @abstractmethod
    def ends(self) -> list[str]:
        """Return the overrides by which to find out whether the axis makes sense at all."""

    @property
    def is_ordered(self) -> bool:
        """Whether a value may lie between two others."""
        return True

    def override(self, value: Any) -> str:
        """Return the override that sets a value."""
        return f"{self.key}={value}"


@final
@dataclass(frozen=True)
class Choice(Axis):
    """One of some values, as they are written."""

    options: tuple[str, ...]

    def draw(self, draws: Draws) -> str:
        """Choose one."""
        return self.override(draws.suggest_categorical(self.name, list(self.options)))

    def values(self) -> list[Any]:
        """Return them."""
        return list(self.options)

    def ends(self) -> list[str]:
        """Return all of them."""
        return [self.override(option) for option in self.options]

    @property
    def is_ordered(self) -> bool:
        """They have no order."""
        return False


@final
@dataclass(frozen=True)
class Whole(Axis):
    """A whole number between two others, both included."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def draw(self, draws: Draws) -> str:
        """Choose one."""
        return self.override(draws.suggest_int(self.name, self.low, self.high, step=self.step, log=self.log))

    def values(self) -> list[Any]:
        """Return them."""
        return list(range(self.low, self.high + 1, self.step))

    def ends(self) -> list[str]:
        """Return the lowest and the highest."""
        return [self.override(self.low), self.override(self.high)]


@final
@dataclass(frozen=True)
class Real(Axis):
    """A number between two others, in steps or without; it is rounded to six digits, so that people can read it."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def draw(self, draws: Draws) -> str:
        """Choose one."""
        return self.override(draws.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log))

    def values(self) -> list[Any]:
        """Return them where they go in steps."""
        if self.step is None:
            return []
        return [self.low + i * self.step for i in range(round((self.high - self.low) / self.step) + 1)]

    def ends(self) -> list[str]:
        """Return the lowest and the highest."""
        return [self.override(self.low), self.override(self.high)]

    def override(self, value: Any) -> str:
        """Return the override that sets a value."""
        return f"{self.key}={float(f'{value:.6g}')}"
