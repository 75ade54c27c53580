"""The axes of a search: settings with several values, and how a value is chosen."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final


class Suggester(Protocol):
    """Chooses values: an Optuna trial, which has these methods, or ganlab's random search."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of several values."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return an integer between low and high, both included."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a number between low and high."""


# The search saves the reprs of its axes to recognise its space, so the names of these classes and fields must stay.
@dataclass(frozen=True)
class Axis(ABC):
    """A setting with several values: `key` as in an override, perhaps with "+" or "++", and `name` without them."""

    key: str
    name: str

    @abstractmethod
    def suggest(self, suggester: Suggester) -> str:
        """Choose a value and return the override that sets it."""

    @abstractmethod
    def values(self) -> list[Any]:
        """Return all values, or an empty list if there are infinitely many."""

    @abstractmethod
    def corner_overrides(self) -> list[str]:
        """Return overrides for every option, or for the lowest and the highest number."""

    @property
    def is_ordered(self) -> bool:
        """Whether the values are numbers, so they have an order."""
        return True

    def override(self, value: Any) -> str:
        """Return the override that sets a value."""
        return f"{self.key}={value}"


@final
@dataclass(frozen=True)
class Choice(Axis):
    """One of several options, as text."""

    options: tuple[str, ...]

    def suggest(self, suggester: Suggester) -> str:
        """Choose an option and return the override that sets it."""
        return self.override(suggester.suggest_categorical(self.name, list(self.options)))

    def values(self) -> list[Any]:
        """Return all options."""
        return list(self.options)

    def corner_overrides(self) -> list[str]:
        """Return an override for every option."""
        return [self.override(option) for option in self.options]

    @property
    def is_ordered(self) -> bool:
        """Options have no order."""
        return False


@final
@dataclass(frozen=True)
class Whole(Axis):
    """An integer between two others, both included."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def suggest(self, suggester: Suggester) -> str:
        """Choose a number and return the override that sets it."""
        return self.override(suggester.suggest_int(self.name, self.low, self.high, step=self.step, log=self.log))

    def values(self) -> list[Any]:
        """Return all numbers."""
        return list(range(self.low, self.high + 1, self.step))

    def corner_overrides(self) -> list[str]:
        """Return overrides for the lowest and the highest number."""
        return [self.override(self.low), self.override(self.high)]


@final
@dataclass(frozen=True)
class Real(Axis):
    """A number between two others, with or without a step; rounded to six significant digits, to be readable."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def suggest(self, suggester: Suggester) -> str:
        """Choose a number and return the override that sets it."""
        return self.override(suggester.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log))

    def values(self) -> list[Any]:
        """Return all numbers, or an empty list without a step."""
        if self.step is None:
            return []
        return [self.low + i * self.step for i in range(round((self.high - self.low) / self.step) + 1)]

    def corner_overrides(self) -> list[str]:
        """Return overrides for the lowest and the highest number."""
        return [self.override(self.low), self.override(self.high)]

    def override(self, value: Any) -> str:
        """Return the override that sets a value."""
        return f"{self.key}={float(f'{value:.6g}')}"
