"""What becomes of a game that starts near, or far from, where it should rest."""

import math

import numpy as np
import torch
from torch import Tensor

NEAR = 0.1  # of the first distance
CHANGE = 0.08  # of the mean distance, from one quarter of the path to the next
ASIDE = 0.5  # of the mean distance, that the mean position is from 0


def behaviour(path: Tensor) -> str:
    """Say of a path (rows, numbers) around 0 whether it converges, circles, diverges, or misses.

    What counts are mean distances from 0 over the last three quarters. The last is below a tenth of the first distance,
    or each is 8 % below the one before: converges. The path is not finite, or each is 8 % above: diverges. Neither, and
    the last quarter's mean position is further from 0 than half of its mean distance: misses. Else: circles. Raises
    ValueError below 8 rows.
    """
    if len(path) < 8:
        raise ValueError(f"a path must have at least 8 rows to be judged by its quarters, got {len(path)}")
    if not path.isfinite().all():
        return "diverges"
    distance, quarter = path.norm(dim=1), len(path) // 4
    means = distance[-3 * quarter :].reshape(3, quarter).mean(1)
    changes = means[1:] / means[:-1] - 1
    if means[-1] < NEAR * distance[0] or (changes < -CHANGE).all():
        return "converges"
    if (changes > CHANGE).all():
        return "diverges"
    return "misses" if path[-quarter:].mean(0).norm() > ASIDE * means[-1] else "circles"


def rate(path: Tensor) -> float:
    """Return the factor on the distance from 0 at every row of a path (rows, numbers), fitted to its second half.

    It is the slope of the logarithm by least squares; not a number where the path reaches 0 or is not finite.
    """
    distance = path[len(path) // 2 :].norm(dim=1)
    if not (torch.isfinite(distance) & (distance > 0)).all():
        return math.nan
    return math.exp(np.polyfit(np.arange(len(distance)), distance.log().numpy(), 1)[0])
