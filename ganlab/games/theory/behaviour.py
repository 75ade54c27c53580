"""The long-term behaviour of a game's path around its equilibrium."""

import math

import numpy as np
import torch
from torch import Tensor

CLOSE = 0.1  # of the first distance
CHANGE = 0.08  # of the mean distance, from one quarter of the path to the next
OFF_CENTRE = 0.5  # distance of the mean position from 0, as a share of the mean distance


def classify_path(path: Tensor) -> str:
    """Return whether a path (rows, numbers) around 0 "converges", "circles", "diverges" or "misses" 0.

    The criteria are the mean distances from 0 in the last three quarters of the path. It converges if the last one is
    below a tenth of the first row's distance, or if each is at least 8 % below the one before. It diverges if the path
    is not finite, or if each is at least 8 % above. Otherwise it misses 0 if the last quarter's mean position is
    further from 0 than half of its mean distance, and circles if not. Raises ValueError for fewer than 8 rows.
    """
    if len(path) < 8:
        raise ValueError(f"a path must have at least 8 rows to be classified by its quarters, got {len(path)}")
    if not path.isfinite().all():
        return "diverges"
    distance, quarter = path.norm(dim=1), len(path) // 4
    means = distance[-3 * quarter :].reshape(3, quarter).mean(1)
    changes = means[1:] / means[:-1] - 1
    if means[-1] < CLOSE * distance[0] or (changes < -CHANGE).all():
        return "converges"
    if (changes > CHANGE).all():
        return "diverges"
    return "misses" if path[-quarter:].mean(0).norm() > OFF_CENTRE * means[-1] else "circles"


def convergence_rate(path: Tensor) -> float:
    """Return the factor by which a path (rows, numbers) changes its distance from 0 per row, over its second half.

    The logarithm of the distance is fitted by least squares. NaN if the path reaches 0 or is not finite.
    """
    distance = path[len(path) // 2 :].norm(dim=1)
    if not (torch.isfinite(distance) & (distance > 0)).all():
        return math.nan
    return math.exp(np.polyfit(np.arange(len(distance)), distance.log().numpy(), 1)[0])
