"""Derivatives by finite differences, with an error for functions that have none."""

from collections.abc import Callable

import torch
from torch import Tensor

RADIUS = 1e-6  # in float64, the errors of rounding and of curvature are then far below the tolerance
TOLERANCE = 1e-3  # relative


class NotDifferentiableError(ValueError):
    """The function has no derivative at the point."""


def jacobian(function: Callable[[Tensor], Tensor], at: Tensor, radius: float = RADIUS) -> Tensor:
    """Return the Jacobian (m, n) of a function of a vector (n,) in float64 at a point, by central differences.

    Raises NotDifferentiableError if the differences on both sides, at two radii, or along the diagonals disagree.
    """
    value = function(at)
    matrix, finer = _differences(function, at, value, radius), _differences(function, at, value, radius / 8)
    scale = 1 + matrix.abs().max()
    if not (matrix - finer).abs().max() <= TOLERANCE * scale:
        raise NotDifferentiableError("differences at two distances from the point disagree")
    for sign in (1.0, -1.0):
        diagonal = torch.full_like(at, sign)
        diagonal[1::2] *= -1
        slope = _slope(function, at, value, diagonal * radius)
        if not (slope - matrix @ diagonal).abs().max() <= TOLERANCE * scale:
            raise NotDifferentiableError("the difference along the diagonal is not the sum of those along the axes")
    return matrix


def _differences(function: Callable[[Tensor], Tensor], at: Tensor, value: Tensor, radius: float) -> Tensor:
    columns = []
    for axis in torch.eye(len(at), dtype=at.dtype):
        forward = _slope(function, at, value, radius * axis)
        backward = _slope(function, at, value, -radius * axis)
        if not (forward + backward).abs().max() <= TOLERANCE * (1 + forward.abs().max()):
            raise NotDifferentiableError("differences on both sides of the point disagree")
        columns.append((forward - backward) / 2)
    return torch.stack(columns, 1)


def _slope(function: Callable[[Tensor], Tensor], at: Tensor, value: Tensor, step: Tensor) -> Tensor:
    return (function(at + step) - value) / step.abs().max()
