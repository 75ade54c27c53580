"""Formats numbers with as many digits as their intervals justify."""

import math

from ganlab.analysis.comparison.table import Cell

DIGITS = 4  # of a number without an interval
MAX_DIGITS = 7
FIXED_POINT = (1e-3, 1e7)  # numbers of this size are written without an exponent


def format_cell(cell: Cell | None, seeds: int) -> str:
    """Return "9.70 ± 0.12" for seeds, "9.70 [9.58, 9.81]" for one run, or a number.

    An interval over seeds that ends at a bound of its score has two distances: "0.50 +0.62 -0.50".
    A cell with another number of seeds than its row, which has `seeds`, ends in its own: "9.70 (n=1)".
    """
    if cell is None:
        return "-"
    count = f" (n={len(cell.values)})" if len(cell.values) != seeds else ""
    if cell.low is None or cell.high is None:
        return _format_numbers(cell.mean, 0, "{0}") + count
    half = max(cell.high - cell.mean, cell.mean - cell.low)
    if cell.is_clipped:
        distances = (cell.high - cell.mean, cell.mean - cell.low)
        return _format_numbers(cell.mean, half, "{0} +{1} -{2}", *distances) + count
    if cell.over == "seeds":
        return _format_numbers(cell.mean, half, "{0} ± {1}", half) + count
    return _format_numbers(cell.mean, half, "{0} [{1}, {2}]", cell.low, cell.high) + count


def _format_numbers(value: float, half: float, pattern: str, *others: float) -> str:
    """Fill a pattern with numbers of one precision and one power of ten."""
    numbers = (value, *others)
    if not all(map(math.isfinite, (*numbers, half))):
        return pattern.format(*(f"{number:.{DIGITS}g}" for number in numbers))
    size = max(abs(value), half)
    power = 0 if size == 0 or FIXED_POINT[0] <= size < FIXED_POINT[1] else _magnitude(size)
    decimals = max(0, _decimals(abs(value) * 10.0**-power, half * 10.0**-power))
    text = pattern.format(*(f"{number * 10.0**-power:.{decimals}f}" for number in numbers))
    if not power:
        return text
    return f"({text})e{power}" if others else f"{text}e{power}"


def _decimals(value: float, half: float) -> int:
    """Return the decimals for two significant digits of the half-width, at most as many as float32 has."""
    if half == 0:
        return 0 if value == int(value) else DIGITS - 1 - _magnitude(value)
    most = MAX_DIGITS - 1 - _magnitude(value) if value else 9
    return min(1 - _magnitude(half), most)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value))
