"""The classes that `ganlab sample cond=…` means."""

import json
from collections.abc import Sequence

from ganlab.core.errors import UserError, suggest


def parse_classes(text: str, n: int, classes: int, names: Sequence[str], unit: str = "") -> list[int]:
    """Return the `n` class numbers that `cond` means; a single class is repeated.

    `unit` says what each of them is for, such as "row". Raises UserError for anything else.
    """
    if not classes:
        raise UserError("this generator is not conditional, so cond must be null")
    numbers = dict(zip(names, range(classes), strict=False))
    if not any(name.isdecimal() for name in names):
        numbers |= {str(number): number for number in range(classes)}
    selected = [text] * n if text in numbers else _parse_list(text, n)
    if len(selected) != n or not numbers.keys() >= set(selected):
        listed = f" ({', '.join(names)})" if names else ""
        allowed = f"a class from 0 to {classes - 1}{listed}" if "0" in numbers else f"one of the classes{listed}"
        unknown = next((name for name in selected if name not in numbers and not name.isdecimal()), "")
        each = f", one for each {unit}" if unit else ""
        raise UserError(
            f"cond must be {allowed}, or a list of {n} of them{each}, got {text}"
            f"{suggest(unknown, names) if unknown else ''}"
        )
    return [numbers[name] for name in selected]


def class_names_of(labels: Sequence[int], names: Sequence[str]) -> list[str]:
    """Return the names of classes, or their numbers if they have no names."""
    return [names[number] for number in labels] if names else [str(number) for number in labels]


def _parse_list(text: str, n: int) -> list[str]:
    """Return the items of a list, with or without the quotes of JSON; a single item is repeated `n` times."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return [item.strip() for item in text.strip().removeprefix("[").removesuffix("]").split(",")]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] * n
