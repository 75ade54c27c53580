"""Nested settings as flat dictionaries with dotted names, and the differences between two of them."""

import json
from collections.abc import Mapping
from typing import Any

Fields = dict[str, Any]
MAX_CHARACTERS = 24


def flatten(value: Any, path: str = "") -> Fields:
    """Return the leaves of nested mappings by dotted name; an empty mapping has no leaves."""
    if isinstance(value, Mapping):
        return {
            k: v for key, inner in value.items() for k, v in flatten(inner, f"{path}.{key}" if path else key).items()
        }
    return {path: value}


def canonical_json(value: Any) -> str:
    """Return the same JSON text for all equal values: keys are sorted, and 5.0 is written as 5."""
    return json.dumps(_plain(value), sort_keys=True, default=str)


def format_value(value: Any) -> str:
    """Return a value as it is written on the command line."""
    return value if isinstance(value, str) else json.dumps(_plain(value), separators=(",", ":"), default=str)


def differing_fields(first: Fields, second: Fields) -> list[str]:
    """Return the names of the fields that differ, in the order of the first."""
    names = [*first, *(name for name in second if name not in first)]
    return [
        n for n in names if n not in first or n not in second or canonical_json(first[n]) != canonical_json(second[n])
    ]


def differences(first: Fields, second: Fields) -> list[str]:
    """Return a clause for each field that differs: "samples is 10000 in one and 2000 in the other"."""
    clauses = []
    for name in differing_fields(first, second):
        one, other = (format_value(fields[name]) if name in fields else "absent" for fields in (first, second))
        if shorten(one) != shorten(other):  # else the difference would be cut off
            one, other = shorten(one), shorten(other)
        clauses.append(f"{name} is {one} in one and {other} in the other")
    return clauses


def shorten(value: str) -> str:
    """Return the first 12 characters and "…" if the text has more than 24, as hashes do."""
    return value if len(value) <= MAX_CHARACTERS else f"{value[: MAX_CHARACTERS // 2]}…"


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
