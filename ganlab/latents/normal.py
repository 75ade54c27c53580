"""The standard normal distribution and the truncated normal distribution."""

from math import erf

import torch
from torch import Tensor

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random
from ganlab.latents.spherical import slerp


class Normal(Latent):
    """Independent standard normal entries."""

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        return random.normal("latent", (count, self.size), device)

    def truncated(self, threshold: float) -> "Truncated":
        """Return the distribution truncated to ±`threshold`."""
        return Truncated(self.size, threshold)

    def interpolate(self, start: Tensor, end: Tensor, times: Tensor) -> Tensor:
        """Interpolate spherically, or linearly if the two latents are parallel."""
        return slerp(start, end, times)


class Truncated(Latent):
    """Independent standard normal entries, truncated to [-threshold, threshold], in training and sampling alike.

    For the truncation trick, which truncates latents only for sampling (Brock et al. 2019, section 3.1), train with
    `Normal` and sample with its `truncated`. Raises ValueError if `threshold` is not positive.
    """

    def __init__(self, size: int, threshold: float = 2.0) -> None:
        super().__init__(size)
        if threshold <= 0:
            raise ValueError(f"threshold must be above 0, got {threshold}")
        self.threshold = self.truncation = threshold

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        # By the inverse distribution function, because rejection sampling uses a random number of draws.
        centred = 2 * random.uniform("latent", (count, self.size), device) - 1
        values = torch.erfinv(centred * erf(self.threshold / 2**0.5)) * 2**0.5
        return values.clamp(-self.threshold, self.threshold)

    def truncated(self, threshold: float) -> "Truncated":
        """Return the distribution truncated to ±`threshold`."""
        return Truncated(self.size, min(threshold, self.threshold))
