"""No latents, for generators whose only input is a condition."""

import torch
from torch import Tensor

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random


class NoLatents(Latent):
    """Latents of size 0: the generator's output is a function of its condition, such as an image to translate."""

    def __init__(self) -> None:
        super().__init__(size=1)
        self.size = 0

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return a tensor of shape (count, 0); no random numbers are drawn."""
        return torch.empty(count, 0, device=device)
