"""Spherical interpolation."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity


def slerp(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    """Return points (n, size) on arcs from `start` to `end` (n, size) at times (n,); on lines between parallel points.

    Shoemake 1985, section 3.3, without normalisation, so the norm is interpolated, too (White 2016, section 2.1).
    """
    first, last, t = start.double(), end.double(), times.double()[:, None]
    angle = cosine_similarity(first, last).clamp(-1, 1).acos()[:, None]
    sine = angle.sin()
    arc = (((1 - t) * angle).sin() * first + (t * angle).sin() * last) / sine
    return torch.where(sine > 1e-6, arc, torch.lerp(first, last, t)).to(start.dtype)
