"""Gumbel noise by which generators of sequences draw their symbols."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab.core.interfaces import Latent, Spec
from ganlab.core.random import Random
from ganlab.layers.tokens import token_shape

SMALLEST = 2.0**-25  # below the smallest positive uniform number


class Gumbel(Latent):
    """Independent numbers from the standard Gumbel distribution, one for each position and symbol of a sample.

    `fit` raises ValueError if the data are no sequences of symbols.
    """

    def __init__(self) -> None:
        super().__init__(size=1)

    def fit(self, spec: Spec) -> Gumbel:
        """Return the distribution for the data's length and alphabet."""
        shape = token_shape(spec, "latent=gumbel", "latent")
        fitted = Gumbel()
        fitted.size = shape.length * shape.size
        return fitted

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        uniform = random.uniform("latent", (count, self.size), device).clamp_min(SMALLEST)
        return uniform.log().neg().log().neg()
