"""Swept settings as numbers: what plots and importances are drawn and computed from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ganlab.sweeps.results.configurations import Configuration

UNSET = "as configured"
DECADES = 2  # from which on positive numbers are looked at by their logarithm


@dataclass(frozen=True)
class Variable:
    """A setting over configurations: as numbers, or as places in `options` where it has no numbers."""

    name: str
    values: tuple[float, ...]
    options: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def scaled(self) -> list[float]:
        """The values on the scale by which they are compared."""
        return [math.log10(value) for value in self.values] if self.is_log else list(self.values)


def variables(found: Sequence[Configuration], names: Sequence[str]) -> list[Variable]:
    """Return those of some settings in which configurations differ."""
    settings = [dict(each.lstrip("+").split("=", 1) for each in one.overrides if "=" in each) for one in found]
    made = [variable(name, [each.get(name, UNSET) for each in settings]) for name in names]
    return [each for each in made if len(set(each.values)) > 1]


def variable(name: str, texts: Sequence[str]) -> Variable:
    """Read values that were written as text."""
    try:
        numbers = tuple(float(text) for text in texts)
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        options = tuple(dict.fromkeys(texts))
        return Variable(name, tuple(float(options.index(text)) for text in texts), options)
    spans = min(numbers) > 0 and max(numbers) / min(numbers) >= 10**DECADES
    return Variable(name, numbers, is_log=spans)
