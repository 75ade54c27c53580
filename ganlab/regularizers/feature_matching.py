import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView


class FeatureMatching(Regularizer):
    """|E f(x) − E f(G(z))|² of the discriminator's features f in this (micro)batch (Salimans et al. 2016, section 3.1).

    In the paper it replaces the generator's loss; here it is added to that loss.
    """

    player = "generator"
    reads_features = True

    def __init__(self, weight: float = 1.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, a scalar."""
        with torch.no_grad():  # no gradient of the generator depends on D's features of real samples
            real = tree.widen(view.on_real.features[-1]).mean(0)
        return (real - tree.widen(view.on_fake.features[-1]).mean(0)).square().sum()
