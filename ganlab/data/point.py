"""Points in the plane, for experiments whose truth is known."""

from abc import ABC
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution, check_positive
from ganlab.data.sheets import Density, scatter

PICTURED = 100_000  # real points behind a picture


class PointDataSet(Distribution):
    """A distribution over points of shape (2,)."""

    modes: Tensor | None = None  # (k, 2), in the data's own coordinates, where the distribution has modes
    sigma: float = 0.0

    def __init__(self, scale: float, identity: tuple[object, ...], labels: bool, classes: int) -> None:
        super().__init__((2,), scale, identity, labels, classes)

    @cached_property
    def density(self) -> Density:
        """How dense the real points lie, for pictures."""
        return Density(self.reference(PICTURED).sample)

    def sheet(self, samples: Tensor) -> Image.Image:
        """Scatter points over the density of real ones."""
        return scatter(samples, self.density)


class MixtureDataSet(PointDataSet, ABC):
    """Equally likely Gaussians of standard deviation `sigma` around `modes` (k, 2); the class is the mode."""

    modes: Tensor

    def __init__(self, modes: Tensor, sigma: float, scale: float, identity: tuple[object, ...], labels: bool) -> None:
        check_positive(sigma=sigma)
        super().__init__(scale, identity, labels, len(modes))
        self.modes, self.sigma = modes, sigma

    def draw(self, count: int, random: Random) -> Batch:
        """Choose modes and add noise."""
        chosen = random.integers("data.mode", len(self.modes), (count,))
        noise = random.normal("data.noise", (count, 2))
        return Batch(torch.addcmul(self.modes[chosen], noise, torch.tensor(self.sigma)), chosen)
