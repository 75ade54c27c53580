"""Scales of axes and texts of their ticks."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ganlab.core.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axis import Axis

LOG_DECADES = 2  # positive values that span at least so many decades get a logarithmic scale
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
MARGIN = 0.06


def needs_log(values: Iterable[float]) -> bool:
    """Return whether values are positive and span so many decades that a logarithmic scale shows them better."""
    values = [value for value in values if math.isfinite(value)]
    return bool(values) and min(values) > 0 and max(values) / min(values) >= 10**LOG_DECADES


def choose_log(values: Sequence[float], scale: str, name: str) -> bool:
    """Return whether the axis of some values is logarithmic; raises UserError if it must but no value is positive."""
    if scale == "log" and not any(value > 0 for value in values):
        raise UserError(f"scale=log needs values above 0, and {name} has none; choose scale=linear")
    return needs_log(values) if scale == "auto" else scale == "log"


def short_number(value: float, position: object = None) -> str:
    """Return a number for a tick: 20k for 20,000, 1e-5 for 0.00001."""
    for factor, prefix in PREFIXES:
        if abs(value) >= factor:
            return f"{value / factor:.4g}{prefix}"
    text = f"{value:.4g}"
    mantissa, exponent, power = text.partition("e")
    return f"{mantissa}e{int(power)}" if exponent else text


def set_ticks(axis: "Axis", is_log: bool, most: int) -> None:
    """Give an axis at most so many ticks with short texts."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    if is_log:
        axis.set_major_locator(LogLocator(numticks=most + 1))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(short_number))


def limits(values: Iterable[float], is_log: bool) -> tuple[float, float]:
    """Return the ends of an axis that shows these values with a margin."""
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if is_log:
        margin = max((high / low) ** MARGIN, 1 + MARGIN)
        return low / margin, high * margin
    margin = MARGIN * (high - low) or abs(high) * MARGIN or 1.0
    return low - margin, high + margin
