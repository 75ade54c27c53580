"""The space of a search, in Hydra's syntax: `a,b`, choice(…), range(…), interval(…), tag(log, …), int(…)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, Sweep

from ganlab.core.errors import UserError
from ganlab.sweeps.search.axes import Axis, Choice, Real, Suggester, Whole

LARGEST_GRID = 10_000  # points


@final
@dataclass(frozen=True)
class Space:
    """The overrides that all points share, and the axes along which points differ."""

    fixed: tuple[str, ...]
    axes: tuple[Axis, ...]

    def suggest(self, suggester: Suggester) -> tuple[str, ...]:
        """Choose a value of each axis and return the overrides of the point."""
        return (*self.fixed, *(axis.suggest(suggester) for axis in self.axes))

    def corners(self) -> list[tuple[str, ...]]:
        """Return points with every option and both ends of every axis, one axis at a time."""
        first = [axis.corner_overrides()[0] for axis in self.axes]
        points = [first]
        for i, axis in enumerate(self.axes):
            points += [[*first[:i], override, *first[i + 1 :]] for override in axis.corner_overrides()[1:]]
        return [(*self.fixed, *point) for point in points]

    def size(self) -> float:
        """Return the number of points, which may be infinity."""
        return math.prod(len(axis.values()) or math.inf for axis in self.axes)


def parse(lines: Sequence[str]) -> Space:
    """Return the space of some overrides; the last one of each key counts. Raises UserError if an axis has no value."""
    fixed: dict[str, str] = {}
    axes: dict[str, Axis] = {}
    for override in OverridesParser.create().parse_overrides(list(lines)):
        name = override.key_or_group
        fixed.pop(name, None)
        axes.pop(name, None)
        if override.is_sweep_override():
            axes[name] = _axis(override)
        else:
            fixed[name] = str(override.input_line)
    return Space(tuple(fixed.values()), tuple(axes.values()))


def _axis(override: Override) -> Axis:
    key, name, value = override.get_key_element(), override.key_or_group, override.value()
    log = isinstance(value, Sweep) and "log" in value.tags
    try:
        if isinstance(value, IntervalSweep):
            return _interval(key, name, value, log)
        if isinstance(value, RangeSweep):
            return _range(key, name, value, log)
    except ValueError as error:
        setting = str(override.input_line).lstrip("+")
        raise UserError(f"{setting}: {error}") from error
    return Choice(key, name, tuple(override.sweep_string_iterator()))


def _interval(key: str, name: str, value: IntervalSweep, log: bool) -> Axis:
    low, high = value.start, value.end
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"an interval goes from a number to a larger one, got {low} and {high}")
    _check_log(low, log)
    if isinstance(low, int) and isinstance(high, int):
        return Whole(key, name, low, high, log=log)
    return Real(key, name, float(low), float(high), log=log)


def _range(key: str, name: str, value: RangeSweep, log: bool) -> Axis:
    if not value.step:
        raise ValueError("a range needs a step that is not 0")
    numbers: list[float] = sorted(value.range())
    if not numbers:
        raise ValueError("this range contains no value; it does not include its stop")
    low, high, step = numbers[0], numbers[-1], abs(value.step)
    _check_log(low, log)
    if log and step != 1:
        raise ValueError("a range with tag(log, …) must have step 1; use interval, or int(interval(…))")
    if all(isinstance(number, int) for number in numbers):
        return Whole(key, name, int(low), int(high), int(step), log)
    return Real(key, name, low, high, None if log else float(step), log)


def _check_log(low: float, log: bool) -> None:
    if log and low <= 0:
        raise ValueError(f"tag(log, …) needs values above 0, got {low}")
