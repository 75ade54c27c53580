"""InfoGAN's latents: noise with categorical and continuous codes."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Latent
from ganlab.core.random import Random
from ganlab.layers.checks import check_all_positive, check_at_least


class Codes(Latent):
    """Normal noise, then one-hot categories, then continuous codes uniform on [-1, 1) (Chen et al. 2016, InfoGAN).

    `size` is the total number of entries. Raises ValueError for a category below 1, a negative number of continuous
    codes, or a `size` that leaves no noise.
    """

    def __init__(self, size: int, categories: Sequence[int] = (10,), continuous: int = 2) -> None:
        super().__init__(size)
        check_all_positive("categories", categories)
        check_at_least("continuous", continuous, 0)
        self.categories, self.continuous = tuple(categories), continuous
        codes = sum(categories) + continuous
        if size <= codes:
            raise ValueError(f"size must be at least {codes + 1}, one more than the codes take, got {size}")
        self.noise = size - codes

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        parts = [random.normal("latent", (count, self.noise), device)]
        for index, number in enumerate(self.categories):
            classes = random.integers(f"latent_category_{index}", number, (count,), device)
            parts.append(functional.one_hot(classes, number).to(parts[0].dtype))
        parts.append(2 * random.uniform("latent_continuous", (count, self.continuous), device) - 1)
        return torch.cat(parts, 1)

    def split(self, latents: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Split latents (n, size) into noise, one one-hot code per category, and continuous codes."""
        noise, *categories, continuous = latents.split([self.noise, *self.categories, self.continuous], 1)
        return noise, tuple(categories), continuous
