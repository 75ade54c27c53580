"""The strength of colours, which a network that has seen few photographs should not exaggerate."""

from typing import ClassVar

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.luminance import luminance


class Saturation(Regularizer):
    """The mean squared difference of a fake colour image from its own luminance, which is 0 for a grey one.

    With `pixel_l2`, of the weight w2, the best colours are the conditional mean times w2 / (w2 + `weight`), as in ridge
    regression (Hoerl & Kennard 1970). Raises ValueError unless samples are images of 1 or 3 channels.
    """

    player = "generator"
    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(self, weight: float = 100.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        images = tree.widen(view.fake)
        if images.shape[1] not in (1, 3):
            raise ValueError(
                f"regularizer.saturation needs images of 1 or 3 channels, got {images.shape[1]}; remove it from "
                "regularizer"
            )
        return tree.mean_per_sample((images - luminance(images)).square())
