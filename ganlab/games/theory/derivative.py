"""Derivatives by differences, that say where there is none."""

from collections.abc import Callable

import torch
from torch import Tensor

RADIUS = 1e-6  # in float64 both the error of rounding and that of curvature are then far below the tolerance
TOLERANCE = 1e-3


class NotDifferentiableError(ValueError):
    """The function has no derivative at the point."""


def jacobian(function: Callable[[Tensor], Tensor], at: Tensor, radius: float = RADIUS) -> Tensor:
    """Differentiate a function of a vector (n,) in float64 at a point by central differences, shape (m, n).

    Raises NotDifferentiableError where the differences on both sides, at two radii, or along the diagonal disagree.
    """
    middle = function(at)
    large, small = (_differences(function, at, middle, each) for each in (radius, radius / 8))
    scale = 1 + large.abs().max()
    if not (large - small).abs().max() <= TOLERANCE * scale:
        raise NotDifferentiableError("differences at two distances from the point disagree")
    for sign in (1.0, -1.0):
        along = torch.full_like(at, sign)
        along[1::2] *= -1
        if not (_slope(function, at, middle, along * radius) - large @ along).abs().max() <= TOLERANCE * scale:
            raise NotDifferentiableError("the difference along the diagonal is not the sum of those along the axes")
    return large


def _differences(function: Callable[[Tensor], Tensor], at: Tensor, middle: Tensor, radius: float) -> Tensor:
    columns = []
    for axis in torch.eye(len(at), dtype=at.dtype):
        ahead, behind = (_slope(function, at, middle, side * radius * axis) for side in (1.0, -1.0))
        if not (ahead + behind).abs().max() <= TOLERANCE * (1 + ahead.abs().max()):
            raise NotDifferentiableError("differences on both sides of the point disagree")
        columns.append((ahead - behind) / 2)
    return torch.stack(columns, 1)


def _slope(function: Callable[[Tensor], Tensor], at: Tensor, middle: Tensor, step: Tensor) -> Tensor:
    return (function(at + step) - middle) / step.abs().max()
