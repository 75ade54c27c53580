"""Confidence intervals over seeds, and Welch's test for the difference of two means."""

import math
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Summary(NamedTuple):
    """Mean, standard deviation of the values (denominator n − 1), and the bounds of the mean's confidence interval."""

    mean: float
    std: float
    low: float
    high: float


def summarise(values: Sequence[float]) -> Summary:
    """Return mean and 95 % Student t interval of two or more values (Student 1908); raises ValueError for fewer."""
    n = len(values)
    if n < 2:
        raise ValueError(f"an interval needs at least 2 values, got {n}")
    from scipy.special import stdtrit  # imported here because it takes 0.2 s, which `--help` does not need

    mean, variance = _mean_and_variance(values)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance / n)
    return Summary(mean, math.sqrt(variance), mean - half, mean + half)


def welch(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value of the hypothesis that two samples have equal means (Welch 1947).

    Their variances may differ. If both samples are constant, p is 1 for equal values and else 0. Raises ValueError if
    a sample has fewer than two values.
    """
    from scipy.special import stdtr

    difference, error, freedom = _difference(first, second)
    return float(2 * stdtr(freedom, -abs(difference / error))) if error else float(difference == 0)


def welch_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return the difference of two samples' means and the bounds of its 95 % interval (Welch 1947).

    Raises ValueError if a sample has fewer than two values.
    """
    from scipy.special import stdtrit

    difference, error, freedom = _difference(first, second)
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error if error else 0.0
    return difference, difference - half, difference + half


def _difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return the difference of two samples' means, its standard error, and the degrees of freedom of its t value."""
    if min(len(first), len(second)) < 2:
        raise ValueError(f"Welch's test needs at least 2 values per sample, got {len(first)} and {len(second)}")
    (first_mean, first_variance), (second_mean, second_variance) = map(_mean_and_variance, (first, second))
    first_error, second_error = first_variance / len(first), second_variance / len(second)
    error = math.sqrt(first_error + second_error)
    if not error:
        return first_mean - second_mean, 0.0, math.inf
    # Welch–Satterthwaite, in a form in which small variances do not underflow when squared
    share = first_error / (first_error + second_error)
    freedom = 1 / (share**2 / (len(first) - 1) + (1 - share) ** 2 / (len(second) - 1))
    return first_mean - second_mean, error, freedom


def _mean_and_variance(values: Sequence[float]) -> tuple[float, float]:
    shifted = [value - values[0] for value in values]  # equal values get a variance of exactly 0
    mean = sum(shifted) / len(values)
    return values[0] + mean, sum((value - mean) * (value - mean) for value in shifted) / (len(values) - 1)
