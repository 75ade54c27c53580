"""The range of a score, such as [0, 1], which no interval of it leaves."""

import math
from collections.abc import Sequence
from typing import TypeAlias

ScoreRange: TypeAlias = tuple[float | None, float | None]  # the lowest and the highest value; None: no bound
UNBOUNDED: ScoreRange = (None, None)
POSITIVE: ScoreRange = (0.0, None)
SHARE: ScoreRange = (0.0, 1.0)


def is_clipped(low: float, value: float, high: float) -> bool:
    """Return whether an interval that was symmetric about `value` has been clipped."""
    is_symmetric = math.isclose(value - low, high - value, rel_tol=1e-6, abs_tol=1e-12 * abs(value))
    return math.isfinite(value) and not is_symmetric


def clip_interval(interval: Sequence[float], value: float, bounds: ScoreRange) -> tuple[float, float]:
    """Return the part (low, high) of an interval within the range of a score; it always contains `value`, its centre.

    Student's interval of a few values may leave the range, e.g. with a negative distance.
    """
    (low, high), (lowest, highest) = interval, bounds
    if lowest is not None:
        low = min(value, max(low, lowest))
    if highest is not None:
        high = max(value, min(high, highest))
    return low, high
