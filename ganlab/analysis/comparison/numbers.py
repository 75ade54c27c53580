"""Numbers with as many digits as their intervals deserve."""

import math

from ganlab.analysis.comparison.table import Cell

DIGITS = 4  # of a number without an interval
MOST_DIGITS = 7
PLAIN = (1e-3, 1e7)  # sizes that are written without an exponent


def cell_text(cell: Cell | None, runs: int) -> str:
    """Return "9.70 ± 0.12" for seeds, "9.70 [9.58, 9.81]" for one, or a number; with n where it is not the row's."""
    if cell is None:
        return "-"
    few = f" (n={len(cell.values)})" if len(cell.values) != runs else ""
    if cell.low is None or cell.high is None:
        return _common(cell.mean, 0, "{0}") + few
    half = max(cell.high - cell.mean, cell.mean - cell.low)
    if cell.over == "seeds":
        return _common(cell.mean, half, "{0} ± {1}", half) + few
    return _common(cell.mean, half, "{0} [{1}, {2}]", cell.low, cell.high) + few


def _common(value: float, half: float, pattern: str, *others: float) -> str:
    """Fill a pattern with numbers of one precision and one power of ten."""
    numbers = (value, *others)
    if not all(map(math.isfinite, (*numbers, half))):
        return pattern.format(*(f"{number:.{DIGITS}g}" for number in numbers))
    size = max(abs(value), half)
    power = 0 if size == 0 or PLAIN[0] <= size < PLAIN[1] else _magnitude(size)
    decimals = max(0, _decimals(abs(value) * 10.0**-power, half * 10.0**-power))
    filled = pattern.format(*(f"{number * 10.0**-power:.{decimals}f}" for number in numbers))
    return filled if not power else f"{filled}e{power}" if not others else f"({filled})e{power}"


def _decimals(value: float, half: float) -> int:
    """Two significant digits of the half-width, and no more than a float32 has of the value."""
    if half == 0:
        return 0 if value == int(value) else DIGITS - 1 - _magnitude(value)
    most = MOST_DIGITS - 1 - _magnitude(value) if value else 9
    return min(1 - _magnitude(half), most)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value))
