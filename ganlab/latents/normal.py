"""The standard normal distribution."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ganlab.interfaces import Latent
from ganlab.random import Random


class Normal(Latent):
    """Independent standard normal numbers."""

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""
        return random.normal("latent", (count, self.size), device)

    def between(self, start: Tensor, end: Tensor, times: Tensor) -> Tensor:
        """Follow the arc, near which such latents lie, and a straight line where the two are parallel.

        Shoemake 1985, section 3.3, without normalisation: norms go from one to the other as well (White 2016, section
        2.1).
        """
        first, last, t = start.double(), end.double(), times.double()[:, None]
        angle = cosine_similarity(first, last).clamp(-1, 1).acos()[:, None]
        sine = angle.sin()
        arc = (((1 - t) * angle).sin() * first + (t * angle).sin() * last) / sine
        return torch.where(sine > 1e-6, arc, torch.lerp(first, last, t)).to(start.dtype)
