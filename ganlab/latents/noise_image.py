"""Latents that are an image of noise, of the condition's height and width."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab.core.interfaces import Latent, Spec
from ganlab.core.random import Random


class NoiseImage(Latent):
    """Independent standard normal values for each pixel of the condition, in `channels` channels.

    Latents have shape (n, channels · height · width), as those of other distributions; a generator for images reshapes
    them to (n, channels, height, width) and joins them with its condition. Raises ValueError for channels below 1, and
    `fit` raises it if the data's condition is not an image.
    """

    def __init__(self, channels: int = 1) -> None:
        if channels < 1:
            raise ValueError(f"channels must be at least 1, got {channels}")
        super().__init__(size=channels)
        self.channels = channels

    def fit(self, spec: Spec) -> NoiseImage:
        """Return the distribution for conditions of the data's height and width."""
        match spec.cond:
            case [int(), int() as height, int() as width]:
                fitted = NoiseImage(self.channels)
                fitted.size = self.channels * height * width
                return fitted
        raise ValueError(
            f"latent=map draws noise for each pixel of a condition that is an image, but the data's condition is "
            f"{spec.cond or 'a class' if spec.cond is not None else 'none'}; use latent=normal, or data of image pairs"
        )

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size)."""
        return random.normal("latent", (count, self.size), device)
