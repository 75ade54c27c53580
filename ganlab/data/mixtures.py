"""Mixtures of Gaussians in the plane, for counting dropped modes."""

import math

import torch

from ganlab.core.random import Random
from ganlab.data.distribution import check_positive
from ganlab.data.point import MixtureDataSet


class Ring(MixtureDataSet):
    """Modes evenly spaced on a circle (Metz et al. 2017, unrolled GANs); raises ValueError for fewer than 1."""

    def __init__(self, modes: int = 8, radius: float = 1.0, sigma: float = 0.01, labels: bool = False) -> None:
        check_positive(modes=modes, radius=radius)
        angles = torch.arange(modes) * (2 * math.pi / modes)
        centres = radius * torch.stack([angles.cos(), angles.sin()], 1)
        super().__init__(centres, sigma, radius, ("ring", modes, radius, sigma), labels)


class Grid(MixtureDataSet):
    """`side` × `side` modes at distances of `spacing`, centred at the origin; raises ValueError for a side below 2."""

    def __init__(self, side: int = 5, spacing: float = 2.0, sigma: float = 0.05, labels: bool = False) -> None:
        if side < 2:
            raise ValueError(f"side must be at least 2, got {side}")
        check_positive(spacing=spacing)
        line = spacing * (torch.arange(side) - (side - 1) / 2)
        scale = spacing * math.sqrt((side**2 - 1) / 12)  # gives a standard deviation of 1 in network coordinates
        super().__init__(torch.cartesian_prod(line, line), sigma, scale, ("grid", side, spacing, sigma), labels)


class RandomMixture(MixtureDataSet):
    """Modes at positions drawn uniformly from [−1, 1]² by `mixture_seed`; raises ValueError for fewer than 1."""

    def __init__(self, modes: int = 16, mixture_seed: int = 0, sigma: float = 0.02, labels: bool = False) -> None:
        check_positive(modes=modes)
        centres = 2 * Random(mixture_seed).uniform("data.centres", (modes, 2)) - 1
        super().__init__(centres, sigma, 1.0, ("random_mixture", modes, mixture_seed, sigma), labels)
