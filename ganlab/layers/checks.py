"""Checks of constructor arguments; each message names the setting, the allowed values and the value."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from ganlab.core.errors import suggest

Value = TypeVar("Value")


def check_at_least(name: str, value: float, bound: float) -> None:
    """Raise ValueError if the value is below the bound."""
    if value < bound:
        raise ValueError(f"{name} must be at least {bound}, got {value}")


def check_widths(width: int | None, max_width: int) -> None:
    """Raise ValueError if a width of the first layer is below 1 or above the most that any layer has; None is free."""
    check_at_least("max_width", max_width, 1)
    if width is not None:
        check_at_least("width", width, 1)
        if width > max_width:
            raise ValueError(
                f"width must be at most max_width, got a width of {width} and a max_width of {max_width}; lower width "
                "or raise max_width"
            )


def check_share(name: str, value: float) -> None:
    """Raise ValueError if the value is not in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {value}")


def check_all_positive(name: str, values: Sequence[int]) -> None:
    """Raise ValueError if one of the values is below 1."""
    if any(value < 1 for value in values):
        raise ValueError(f"{name} must all be at least 1, got {list(values)}")


def check_player(name: str) -> str:
    """Return the name of a player; raises ValueError if no player has it."""
    return check_one_of("player", name, ("discriminator", "generator"))


def check_one_of(name: str, value: str, choices: Collection[str]) -> str:
    """Return the value; raises ValueError if it is not one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got '{value}'{suggest(value, choices)}")
    return value


def look_up(name: str, value: str, choices: Mapping[str, Value]) -> Value:
    """Return the choice of that name; raises ValueError if there is none."""
    return choices[check_one_of(name, value, choices)]
