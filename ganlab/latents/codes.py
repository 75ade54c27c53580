"""Noise with codes that a network is to discover."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random
from ganlab.layers.checks import all_positive, at_least


class Codes(Latent):
    """Normal noise, then one-hot categories, then continuous codes uniform on [-1, 1) (Chen et al. 2016, InfoGAN).

    `size` is the width of all together. Raises ValueError for a code that is out of range, or no place for noise.
    """

    def __init__(self, size: int, categories: Sequence[int] = (10,), continuous: int = 2) -> None:
        super().__init__(size)
        all_positive("categories", categories)
        at_least("continuous", continuous, 0)
        self.categories, self.continuous = tuple(categories), continuous
        codes = sum(categories) + continuous
        if size <= codes:
            raise ValueError(f"size must be at least {codes + 1}, one more than all codes together take, got {size}")
        self.noise = size - codes

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""
        parts = [random.normal("latent", (count, self.noise), device)]
        for index, number in enumerate(self.categories):
            chosen = random.integers(f"latent_category_{index}", number, (count,), device)
            parts.append(functional.one_hot(chosen, number).to(parts[0].dtype))
        parts.append(2 * random.uniform("latent_continuous", (count, self.continuous), device) - 1)
        return torch.cat(parts, 1)

    def split(self, latents: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Cut latents (n, size) into noise, the one-hot code of each category, and continuous codes."""
        noise, *categories, continuous = latents.split([self.noise, *self.categories, self.continuous], 1)
        return noise, tuple(categories), continuous
