"""Points along curves in the plane, for seeing how well a generator matches a density."""

import math

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import check_positive
from ganlab.data.point import PointDataSet


class SwissRoll(PointDataSet):
    """A spiral of one and a half turns, from radius 1.5π to 4.5π, without classes.

    Raises ValueError for a `sigma` that is not positive.
    """

    def __init__(self, sigma: float = 0.5) -> None:
        check_positive(sigma=sigma)
        super().__init__(7.0, ("swiss_roll", sigma), False, 0)
        self.sigma = sigma

    def draw(self, count: int, random: Random) -> Batch:
        """Choose an angle, which is also the radius, and add noise."""
        angle = 1.5 * math.pi * (1 + 2 * random.uniform("data.angle", (count,)))
        curve = torch.stack([angle * angle.cos(), angle * angle.sin()], 1)
        return Batch(curve + self.sigma * random.normal("data.noise", (count, 2)))


class Moons(PointDataSet):
    """Two interleaved half circles in scikit-learn's coordinates; the class is the moon.

    Raises ValueError for a `sigma` that is not positive.
    """

    def __init__(self, sigma: float = 0.05, labels: bool = False) -> None:
        check_positive(sigma=sigma)
        super().__init__(1.0, ("moons", sigma), labels, 2)
        self.sigma = sigma

    def draw(self, count: int, random: Random) -> Batch:
        """Choose a moon and an angle, and add noise."""
        moon = random.integers("data.mode", 2, (count,))
        angle = math.pi * random.uniform("data.angle", (count,))
        upper = torch.stack([angle.cos(), angle.sin()], 1)
        lower = torch.tensor([1.0, 0.5]) - upper
        return Batch(_choose(moon, upper, lower) + self.sigma * random.normal("data.noise", (count, 2)), moon)


class Circles(PointDataSet):
    """Two circles around the origin, of radius 1 and `factor`; the class is the circle.

    Raises ValueError for a `factor` outside (0, 1) or a `sigma` that is not positive.
    """

    def __init__(self, factor: float = 0.5, sigma: float = 0.05, labels: bool = False) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"factor must be above 0 and below 1, got {factor}")
        check_positive(sigma=sigma)
        super().__init__(1.0, ("circles", factor, sigma), labels, 2)
        self.factor, self.sigma = factor, sigma

    def draw(self, count: int, random: Random) -> Batch:
        """Choose a circle and an angle, and add noise."""
        circle = random.integers("data.mode", 2, (count,))
        angle = 2 * math.pi * random.uniform("data.angle", (count,))
        outer = torch.stack([angle.cos(), angle.sin()], 1)
        curve = _choose(circle, outer, self.factor * outer)
        return Batch(curve + self.sigma * random.normal("data.noise", (count, 2)), circle)


def _choose(number: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return rows of `first` (n, 2) if the number (n,) is 0, else of `second`."""
    return torch.where(number[:, None] == 0, first, second)
