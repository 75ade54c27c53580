"""The data of the Dirac-GAN, the smallest GAN: a point mass at 0."""

import torch

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution


class Dirac(Distribution):
    """A point mass at 0 in one dimension (Mescheder et al. 2018, definition 2.1)."""

    def __init__(self) -> None:
        super().__init__((1,), 1.0, ("dirac",), False, 0)

    def draw(self, count: int, random: Random) -> Batch:
        """Return zeros of shape (count, 1); `random` is not used."""
        return Batch(torch.zeros(count, 1))
