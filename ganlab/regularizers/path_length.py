from typing import cast

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer, StyleGenerator
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import check_at_least, check_share


class PathLength(Regularizer):
    """(|Jᵀy| − a)² for the Jacobian J of the synthesis at styles w and random images y (Karras et al. 2020, eq. 4).

    y ~ N(0, I) is divided by the square root of the number of pixels, and the squared norm is averaged over layers, as
    in the authors' code. a is the moving average of the norms before this update, starting at 0. Only every `shrink`-th
    sample of the batch is used. Raises ValueError for a decay outside [0, 1) or a `shrink` below 1.
    """

    player = "generator"
    reads_styles = True
    mean: Tensor
    sums: Tensor

    def __init__(self, weight: float = 2.0, every: int = 4, decay: float = 0.99, shrink: int = 2) -> None:
        super().__init__(weight, every)
        check_share("decay", decay)
        check_at_least("shrink", shrink, 1)
        self.decay, self.shrink = decay, shrink
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("sums", torch.zeros(2), persistent=False)  # of the norms, and their number

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (⌈n / shrink⌉,)."""
        latents, cond = view.latents[:: self.shrink], view.cond
        generator = cast(StyleGenerator, view.network)
        with tree.without_autocast(latents):
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
        """Return the sum of the norms and their number."""
        return [self.sums]

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Update the moving average."""
        self.mean.lerp_(self.sums[0] / self.sums[1].clamp_min(1), 1 - self.decay)
        self.sums.zero_()
