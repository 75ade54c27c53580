"""The standard normal distribution."""

import torch
from torch import Tensor

from ganlab.interfaces import Latent
from ganlab.random import Random


class Normal(Latent):
    """Independent standard normal numbers."""

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""
        return random.normal("latent", (count, self.size), device)
