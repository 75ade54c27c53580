"""Plain values held against the types of a signature, in words."""

import math
import types
import typing
from collections.abc import Sequence
from typing import Any

UNWRITABLE = "Tensor"  # a kind of value that PyTorch's optimizers take beside numbers, and no configuration can say
WORDS = {int: "an integer", float: "a number", str: "text", bool: "true or false"}
EXAMPLES = {int: "[1,2]", float: "[0.5,2]", str: "[a,b]", bool: "[true,false]"}


def mismatch(value: Any, kind: Any) -> str:
    """Return what a plain value ought to be where it is not of a plain type; other types are left to their class."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        plain = [each for each in arguments if each is not type(None) and getattr(each, "__name__", "") != UNWRITABLE]
        problems = [mismatch(value, each) for each in plain]
        fits = not all(problems) or (value is None and type(None) in arguments)
        return "" if fits else " or ".join(dict.fromkeys(problems))
    if origin in (list, Sequence):
        inner = arguments[0] if arguments else Any
        bad = not isinstance(value, list) or any(mismatch(each, inner) for each in value)
        return f"a list, each {WORDS[inner]}, such as {EXAMPLES[inner]}" if bad and inner in WORDS else ""
    if origin is tuple and arguments[-1] is not Ellipsis:
        words = dict.fromkeys(mismatch([], each) or "value" for each in arguments)
        same = isinstance(value, list) and len(value) == len(arguments)
        bad = not same or any(map(mismatch, value, arguments))
        return f"a list of {len(arguments)}, each {' or '.join(words)}" if bad else ""
    if origin is typing.Literal:
        return "" if value in arguments else f"one of {', '.join(map(str, arguments))}"
    if kind not in WORDS:
        return ""
    if kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, kind)
    return "" if fits else WORDS[kind]
