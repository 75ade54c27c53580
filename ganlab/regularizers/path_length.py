from typing import cast

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer, StyleGenerator
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import at_least, share


class PathLength(Regularizer):
    """(|Jᵀy| − a)² for the synthesis's Jacobian J at styles w, y ~ N(0, I) images (Karras et al. 2020, eq. 4).

    Norms are taken over all of a sample's styles, as the mean over layers of squared ones, and y is divided by the
    root of the number of pixels, as in the authors' program. a is the moving mean of the norms before this move, from
    0 on. Only every `shrink`-th sample is looked at. Raises ValueError for a decay outside [0, 1) or a shrink below 1.
    """

    player = "generator"
    reads_styles = True
    mean: Tensor
    sums: Tensor

    def __init__(self, weight: float = 2.0, every: int = 4, decay: float = 0.99, shrink: int = 2) -> None:
        super().__init__(weight, every)
        share("decay", decay)
        at_least("shrink", shrink, 1)
        self.decay, self.shrink = decay, shrink
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("sums", torch.zeros(2), persistent=False)  # of norms, and how many

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (⌈n / shrink⌉,)."""
        latents, cond = view.latents[:: self.shrink], view.cond
        generator = cast(StyleGenerator, view.network)
        with tree.exact(latents):
            styles = generator.styles(latents, cond if cond is None else cond[:: self.shrink])
            samples = generator.render(styles)
            noise = view.random.normal("path_length", samples.shape, samples.device)
            (slope,) = tree.gradient(samples * noise / samples[0, 0].numel() ** 0.5, styles)
        squares = slope.square().sum(-1)
        lengths = squares.flatten(1).mean(1).sqrt() if squares.ndim > 1 else squares.sqrt()
        with torch.no_grad():
            self.sums += torch.stack([lengths.sum(), self.sums.new_tensor(len(lengths))])
        return (lengths - self.mean.clone()).square()

    def batch_sums(self) -> list[Tensor]:
        """Return the sum of the norms."""
        return [self.sums]

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Move the mean."""
        self.mean.lerp_(self.sums[0] / self.sums[1].clamp_min(1), 1 - self.decay)
        self.sums.zero_()
