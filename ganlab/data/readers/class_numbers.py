"""Numbers of classes that are given by their names."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor


def number_classes(classes: Iterable[str], numbered: bool = False) -> tuple[list[str], Tensor]:
    """Return the sorted classes, and the number of each of the given ones, int64 of shape (n,).

    With `numbered`, classes that are all numbers are sorted as such, so 10 comes after 9. Names that are no UTF-8 are
    returned as Latin-1, which every other file can hold.
    """
    seen: dict[str, int] = {}
    numbers = np.fromiter((seen.setdefault(_readable(name), len(seen)) for name in classes), np.int64)
    as_numbers = numbered and all(name.isdecimal() for name in seen)
    ordered = sorted(seen, key=lambda name: (int(name) if as_numbers else 0, name))
    rank = {name: number for number, name in enumerate(ordered)}
    return ordered, torch.tensor([rank[name] for name in seen], dtype=torch.int64)[torch.from_numpy(numbers)]


def _readable(name: str) -> str:
    """Return a name in which bytes that are no UTF-8 are characters of Latin-1."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("latin-1")
    return name
