"""`PointDataSet`, the base class of distributions over points in the plane."""

from abc import ABC

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution, check_positive


class PointDataSet(Distribution):
    """Base class of distributions over points of shape (2,); a subclass defines `draw`.

    The constructor's arguments are those of `Distribution` without the shape. Draw from `random`, so every run and
    every resumed run sees the same points:

    >>> class Line(PointDataSet):
    ...     def __init__(self, length=2.0):
    ...         super().__init__(scale=1.0, identity=("line", length), labels=False, classes=0)
    ...         self.length = length
    ...
    ...     def draw(self, count, random):
    ...         x = self.length * random.uniform("data.x", (count, 1))
    ...         return Batch(torch.cat([x, x], 1))
    >>> points = Line().draw(3, Random(seed=0)).sample
    >>> points.shape, points[:, 0].equal(points[:, 1])
    (torch.Size([3, 2]), True)
    """

    def __init__(self, scale: float, identity: tuple[object, ...], labels: bool, classes: int) -> None:
        super().__init__((2,), scale, identity, labels, classes)


class MixtureDataSet(PointDataSet, ABC):
    """Base class of mixtures: equally likely Gaussians of standard deviation `sigma` around `modes` (k, 2).

    The class is the mode. Raises ValueError for a `sigma` that is not positive.
    """

    modes: Tensor

    def __init__(self, modes: Tensor, sigma: float, scale: float, identity: tuple[object, ...], labels: bool) -> None:
        check_positive(sigma=sigma)
        super().__init__(scale, identity, labels, len(modes))
        self.modes, self.sigma = modes, sigma

    def draw(self, count: int, random: Random) -> Batch:
        """Choose a mode for every point and add noise."""
        modes = random.integers("data.mode", len(self.modes), (count,))
        noise = random.normal("data.noise", (count, 2))
        return Batch(torch.addcmul(self.modes[modes], noise, torch.tensor(self.sigma)), modes)
