"""The standard normal distribution, whole and without its tails."""

from math import erf

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random


class Normal(Latent):
    """Independent standard normal numbers."""

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""
        return random.normal("latent", (count, self.size), device)

    def truncated(self, threshold: float) -> "Truncated":
        """Return these numbers without those further than `threshold` from 0."""
        return Truncated(self.size, threshold)

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


class Truncated(Latent):
    """Independent normal numbers given that none is further than `threshold` from 0.

    A generator that is trained on them knows no others. The truncation trick, to train on all and to sample without the
    tails (Brock et al. 2019, section 3.1), is `truncated`. Raises ValueError for a threshold that is not positive.
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

    def truncated(self, threshold: float) -> "Truncated":
        """Return these numbers without those further than `threshold` from 0."""
        return Truncated(self.size, min(threshold, self.threshold))
