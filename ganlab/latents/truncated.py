"""The truncated normal distribution."""

from math import erf

import torch
from torch import Tensor

from ganlab.interfaces import Latent
from ganlab.random import Random


class Truncated(Latent):
    """Independent normal numbers given that none is further than `threshold` from 0 (Brock et al. 2019, section 3.1).

    Raises ValueError for a threshold that is not positive.
    """

    def __init__(self, size: int, threshold: float = 2.0) -> None:
        super().__init__(size)
        if threshold <= 0:
            raise ValueError(f"threshold must be above 0, got {threshold}")
        self.threshold = self.truncation = threshold

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""
        # By the inverse distribution function: redrawing would take a random count of numbers.
        centred = 2 * random.uniform("latent", (count, self.size), device) - 1
        values = torch.erfinv(centred * erf(self.threshold / 2**0.5)) * 2**0.5
        return values.clamp(-self.threshold, self.threshold)
