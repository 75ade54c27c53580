"""Gradient penalties: one value per sample from the discriminator's gradient with respect to its input."""

from typing import ClassVar

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree

# Squared norms are clamped here before the square root, whose infinite slope at 0 would give NaN weights.
SMALLEST_SQUARE = 1e-20


class R1(Regularizer):
    """½|∇D(x)|² at real samples; `weight` is the paper's γ (Mescheder et al. 2018, eq. 9)."""

    player = "discriminator"
    differentiates: ClassVar[bool] = True

    def __init__(self, weight: float = 10.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        return tree.squared_gradient_norm(view.on_real.logits, view.real) / 2


class R2(Regularizer):
    """½|∇D(G(z))|² at fake samples; `weight` is the paper's γ (Mescheder et al. 2018, eq. 10)."""

    player = "discriminator"
    differentiates: ClassVar[bool] = True

    def __init__(self, weight: float = 10.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        return tree.squared_gradient_norm(view.on_fake.logits, view.fake) / 2


class GradientPenalty(Regularizer):
    """(|∇D(x̂)| − target)² at a random point between a real and a fake sample (Gulrajani et al. 2017, eq. 3)."""

    player = "discriminator"
    differentiates: ClassVar[bool] = True

    def __init__(self, weight: float = 10.0, target: float = 1.0, every: int = 1) -> None:
        super().__init__(weight, every)
        self.target = target

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        real = tree.first(view.real)
        mix = view.random.uniform("gradient_penalty", (len(real),), real.device)
        return _squared_distance(view, tree.lerp(tree.detach(view.real), tree.detach(view.fake), mix), self.target)


class Dragan(Regularizer):
    """(|∇D(x + δ)| − target)² near real samples, δ uniform up to `spread` standard deviations of the (micro)batch.

    Kodali et al. 2017, algorithm 1, with the noise of the authors' code, ½ σ(x) U(0, 1). Unlike here, that code takes
    the gradient at a random point between x and x + δ instead of at x + δ. Raises ValueError if `spread` is not
    positive.
    """

    player = "discriminator"
    differentiates: ClassVar[bool] = True

    def __init__(self, weight: float = 10.0, target: float = 1.0, spread: float = 0.5, every: int = 1) -> None:
        super().__init__(weight, every)
        if spread <= 0:
            raise ValueError(f"spread must be above 0, got {spread}")
        self.target, self.spread = target, spread

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""

        def perturb(sample: Tensor) -> Tensor:
            noise = view.random.uniform("dragan", sample.shape, sample.device)
            return sample + self.spread * sample.std(correction=0) * noise

        return _squared_distance(view, tree.map(perturb, tree.detach(view.real)), self.target)


def _squared_distance(view: BatchView, points: Tree, target: float) -> Tensor:
    points = tree.require_gradients(points)
    squared = tree.squared_gradient_norm(view.discriminate(points).logits, points)
    return (squared.clamp_min(SMALLEST_SQUARE).sqrt() - target).square()
