"""Checks of constructor arguments; every message names the setting, the allowed values and the given one."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

Value = TypeVar("Value")


def at_least(name: str, value: float, bound: float) -> None:
    """Raise ValueError where the value is below the bound."""
    if value < bound:
        raise ValueError(f"{name} must be at least {bound}, got {value}")


def share(name: str, value: float) -> None:
    """Raise ValueError where the value is not in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {value}")


def all_positive(name: str, values: Sequence[int]) -> None:
    """Raise ValueError where one of the values is below 1."""
    if any(value < 1 for value in values):
        raise ValueError(f"{name} must all be at least 1, got {list(values)}")


def player(name: str) -> str:
    """Return the name of a player; raises ValueError for any other."""
    return one_of("player", name, ("discriminator", "generator"))


def one_of(name: str, value: str, choices: Collection[str]) -> str:
    """Return the value; raises ValueError if it is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got '{value}'")
    return value


def look_up(name: str, value: str, choices: Mapping[str, Value]) -> Value:
    """Return what a choice stands for; raises ValueError if the value is none of the choices."""
    return choices[one_of(name, value, choices)]
