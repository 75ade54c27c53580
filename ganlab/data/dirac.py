"""The data of the Dirac-GAN, the smallest GAN: a point mass at 0."""

from functools import cached_property

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution
from ganlab.data.point_sheets import Density, scatter


class Dirac(Distribution):
    """A point mass at 0 in one dimension (Mescheder et al. 2018, definition 2.1)."""

    def __init__(self) -> None:
        super().__init__((1,), 1.0, ("dirac",), False, 0)

    def draw(self, count: int, random: Random) -> Batch:
        """Return zeros of shape (count, 1); `random` is not used."""
        return Batch(torch.zeros(count, 1))

    @cached_property
    def density(self) -> Density:
        """The one real point, embedded in the plane."""
        return Density(torch.zeros(1, 2))

    def sample_sheet(self, samples: Tensor) -> Image.Image:
        """Scatter samples (n, 1) along a line through the real point."""
        return scatter(pad(samples, (0, 1)), self.density)
