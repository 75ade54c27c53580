"""The uniform distribution."""

import torch
from torch import Tensor

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random


class Uniform(Latent):
    """Independent entries, uniform on [-1, 1) (Radford et al. 2016)."""

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        return 2 * random.uniform("latent", (count, self.size), device) - 1
