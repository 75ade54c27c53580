"""Checks of the values in a score file, so that a wrong one is reported by its key."""

from collections.abc import Callable, Mapping
from typing import Any


def find_wrong_value(content: Mapping[str, Any]) -> str:
    """Return which value of a score file is wrong and what it must be, or an empty string; sections are mappings."""
    for section, (is_valid, expected) in _VALUES.items():
        for name, value in (content.get(section) or {}).items():
            if not is_valid(value):
                return f"{section}.{name} must be {expected}, got {value!r}"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(bound is None or _is_number(bound) for bound in value)


def _is_direction(value: Any) -> bool:
    return value is None or isinstance(value, bool)


_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "scores": (lambda value: value is None or _is_number(value), "a number or null"),
    "floor": (_is_number, "a number"),
    "baselines": (_is_numbers, "numbers by score"),
    "intervals": (_is_interval, "a list of two numbers"),
    "ranges": (_is_range, "a list of two numbers or null"),
    "higher_is_better": (_is_direction, "true, false or null"),
}
