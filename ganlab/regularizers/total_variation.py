from typing import ClassVar

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView


class TotalVariation(Regularizer):
    """The mean absolute difference of neighbouring pixels of fake images, of rows plus of columns.

    The anisotropic form of Rudin et al. 1992, as means over all neighbours instead of sums, so that `weight` has the
    same meaning for images of any size. An image of one row or one column has no neighbours there, which adds 0.
    """

    player = "generator"
    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(self, weight: float = 0.1, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        images = tree.widen(view.fake)
        return _mean_size(images.diff(dim=2)) + _mean_size(images.diff(dim=3))


def _mean_size(differences: Tensor) -> Tensor:
    # Of no differences the sum is 0, whereas their mean would be NaN.
    return differences.abs().flatten(1).sum(1) / max(differences[0].numel(), 1)
