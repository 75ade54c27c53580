"""Type checks of plain configuration values against the type hints of a signature."""

import math
import types
import typing
from collections.abc import Sequence
from typing import Any

IGNORED = "Tensor"  # a type that PyTorch's optimizers take as well as numbers, which yaml cannot express
LARGEST = 2**63 - 1  # of PyTorch's integers
NAMES = {int: "an integer", float: "a number", str: "text", bool: "true or false"}
EXAMPLES = {int: "[1,2]", float: "[0.5,2]", str: "[a,b]", bool: "[true,false]"}


def mismatch(value: Any, kind: Any) -> str:
    """Return what a value must be if it does not have a plain type, such as "an integer", else an empty string.

    Other types are left to the constructor of their class.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union_mismatch(value, arguments)
    if origin in (list, Sequence):
        inner = arguments[0] if arguments else Any
        fits = isinstance(value, list) and not any(mismatch(item, inner) for item in value)
        return "" if fits or inner not in NAMES else f"a list, each {NAMES[inner]}, such as {EXAMPLES[inner]}"
    if origin is dict:
        fits = isinstance(value, dict) and not any(mismatch(inner, arguments[1]) for inner in value.values())
        return "" if fits else f"{NAMES[arguments[1]]} by name"
    if origin is tuple and arguments[-1] is not Ellipsis:
        fits = isinstance(value, list) and len(value) == len(arguments) and not any(map(mismatch, value, arguments))
        items = dict.fromkeys(mismatch([], inner) or "value" for inner in arguments)
        return "" if fits else f"a list of {len(arguments)}, each {' or '.join(items)}"
    if origin is typing.Literal:
        return "" if value in arguments else f"one of {', '.join(map(str, arguments))}"
    return "" if kind not in NAMES or _is_a(kind, value) else f"{NAMES[kind]}{_limit(value)}"


def _union_mismatch(value: Any, kinds: Sequence[Any]) -> str:
    if value is None and type(None) in kinds:
        return ""
    plain = [kind for kind in kinds if kind is not type(None) and getattr(kind, "__name__", "") != IGNORED]
    mismatches = [mismatch(value, kind) for kind in plain]
    return " or ".join(dict.fromkeys(mismatches)) if all(mismatches) else ""


def _is_a(kind: type, value: Any) -> bool:
    """Return whether a value has a plain type; true and false are not numbers, and an integer is a number."""
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and not (_limit(value) or math.isnan(value))
    return isinstance(value, kind) and not _limit(value)


def _limit(value: Any) -> str:
    """Return which limit of its own type a value exceeds, empty for none: a number is finite, a text has characters."""
    match value:
        case int() if abs(value) > LARGEST:
            return f" within ±{LARGEST}"
        case float() if math.isinf(value):
            return " that is finite"
        case str() if not value.strip():
            return " that is not empty"
    return ""
