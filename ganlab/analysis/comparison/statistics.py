"""Intervals over seeds, and the test whether two means differ."""

import math
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Summary(NamedTuple):
    """A mean, the standard deviation of the values (n − 1 in the denominator), and the ends of the mean's interval."""

    mean: float
    std: float
    low: float
    high: float


def summarise(values: Sequence[float]) -> Summary:
    """Return mean and 95 % Student t interval of two or more values (Student 1908); raises ValueError for fewer."""
    n = len(values)
    if n < 2:
        raise ValueError(f"an interval needs at least 2 values, got {n}")
    from scipy.special import stdtrit  # a fifth of a second that `--help` need not wait for

    mean, variance = _moments(values)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance / n)
    return Summary(mean, math.sqrt(variance), mean - half, mean + half)


def welch(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value that two samples have one mean, unlike variances allowed (Welch 1947).

    Each sample has two or more values; samples without any spread differ surely, or not at all. Raises ValueError for
    fewer values.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"Welch's test needs at least 2 values a side, got {len(first)} and {len(second)}")
    from scipy.special import stdtr

    (mean, variance), (other, others) = _moments(first), _moments(second)
    one, two = variance / len(first), others / len(second)
    if one + two == 0:
        return float(mean == other)
    t = (mean - other) / math.sqrt(one + two)
    # Welch–Satterthwaite, divided through so that small variances do not vanish when squared
    share = one / (one + two)
    freedom = 1 / (share**2 / (len(first) - 1) + (1 - share) ** 2 / (len(second) - 1))
    return float(2 * stdtr(freedom, -abs(t)))


def _moments(values: Sequence[float]) -> tuple[float, float]:
    shifted = [value - values[0] for value in values]  # so that equal values have no variance at all
    mean = sum(shifted) / len(values)
    return values[0] + mean, sum((value - mean) * (value - mean) for value in shifted) / (len(values) - 1)
