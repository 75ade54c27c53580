"""Nested settings as flat fields with dotted names, and the words for how two sets of fields differ."""

import json
from collections.abc import Mapping
from typing import Any

Fields = dict[str, Any]
SHOWN_CHARACTERS = 24


def flatten(value: Any, path: str = "") -> Fields:
    """Return the leaves of nested mappings by dotted name; an empty mapping has none."""
    if isinstance(value, Mapping):
        return {
            k: v for key, inner in value.items() for k, v in flatten(inner, f"{path}.{key}" if path else key).items()
        }
    return {path: value}


def canonical(value: Any) -> str:
    """Return one text for all equal values, whatever the order of keys; 5 and 5.0 are equal."""
    return json.dumps(_plain(value), sort_keys=True, default=str)


def text(value: Any) -> str:
    """Return a value as a person would write it on the command line."""
    return value if isinstance(value, str) else json.dumps(_plain(value), separators=(",", ":"), default=str)


def unlike(first: Fields, second: Fields) -> list[str]:
    """Return the names of the fields that differ, in the order of the first."""
    names = [*first, *(name for name in second if name not in first)]
    return [n for n in names if n not in first or n not in second or canonical(first[n]) != canonical(second[n])]


def differences(first: Fields, second: Fields) -> list[str]:
    """Return a clause for each field that differs: "samples is 10000 in one and 2000 in the other"."""
    clauses = []
    for name in unlike(first, second):
        one, other = (text(fields[name]) if name in fields else "absent" for fields in (first, second))
        if short(one) != short(other):  # else they differ where they would be cut off
            one, other = short(one), short(other)
        clauses.append(f"{name} is {one} in one and {other} in the other")
    return clauses


def short(shown: str) -> str:
    """Cut hashes and other long values."""
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[: SHOWN_CHARACTERS // 2]}…"


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
