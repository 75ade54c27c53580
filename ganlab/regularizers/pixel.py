"""Distances between a fake sample and the real sample that belongs to its condition."""

from typing import ClassVar

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView


class PixelL1(Regularizer):
    """The mean of |G(x) − y| over a sample's values, for an input x and its output y (Isola et al. 2017, eq. 3).

    Values are in network coordinates, where pixels are in [−1, 1].
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True

    def __init__(self, weight: float = 100.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        return tree.mean_per_sample((tree.widen(view.fake) - tree.widen(view.real)).abs())


class PixelL2(Regularizer):
    """The mean of (G(x) − y)² over a sample's values, for an input x and its output y (Pathak et al. 2016, eq. 1).

    Values are in network coordinates, where pixels are in [−1, 1].
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True

    def __init__(self, weight: float = 100.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        return tree.mean_per_sample((tree.widen(view.fake) - tree.widen(view.real)).square())
