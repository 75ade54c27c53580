"""The discriminator of the Dirac-GAN."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_head, sample_shape


class Dirac(nn.Module):
    """D(x) = ψ · x, independent of the label, followed by a head (Mescheder et al. 2018, definition 2.1).

    Every coordinate of ψ starts at `start`. Raises ValueError if samples are not points or the head is unknown.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self, spec: Spec, start: float = 1.0, head: str = "logit", beta: float = 0.5) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.full(sample_shape(spec, "Dirac", "discriminator", self.sample_dims), start))
        self.head = build_head(head, beta)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map points (n, dimensions) to logits (n,)."""
        return self.head((samples * self.psi).sum(1, keepdim=True))
