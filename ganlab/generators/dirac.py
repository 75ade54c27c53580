"""The generator of the Dirac-GAN."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import sample_shape


class Dirac(nn.Module):
    """G(z) = θ: a single point, independent of latent and label (Mescheder et al. 2018, definition 2.1).

    Every coordinate of θ starts at `start`. Raises ValueError if samples are not points.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self, spec: Spec, start: float = 1.0) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.full(sample_shape(spec, "Dirac", "generator", self.sample_dims), start))

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Return θ for each latent, shape (n, dimensions)."""
        return self.theta.expand(len(latents), -1)
