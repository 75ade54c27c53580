"""The input of generators that make images from images: the condition, and latents if there are any."""

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers.image_shapes import condition_channels
from ganlab.layers.labels import append_codes


class JoinLatents(nn.Module):
    """Appends latents to the channels of a condition of any height and width.

    Latents that are noise images (`spec.latent_channels`) have as many values per channel as the condition has pixels;
    other latents are repeated at all pixels, and those of size 0 add nothing. `channels` is the number of channels of
    the result. Raises ValueError if the data's condition is not an image; the message names the class `network`.
    """

    def __init__(self, spec: Spec, network: str) -> None:
        super().__init__()
        self.noise_channels = spec.latent_channels
        self.channels = condition_channels(spec, network) + (spec.latent_channels or spec.latent)

    def forward(self, latents: Tensor, cond: Tensor | None) -> Tensor:
        """Join latents (n, size) and conditions (n, channels, height, width).

        Raises ValueError without conditions, or if the noise image does not have the condition's size.
        """
        if cond is None:
            raise ValueError("this generator makes images from images, but it got no condition")
        if not latents.shape[1]:
            return cond
        if not self.noise_channels:
            return append_codes(cond, latents, 1)
        height, width = cond.shape[2:]
        if latents.shape[1] != self.noise_channels * height * width:
            raise ValueError(
                f"a noise image for {height}x{width} conditions has {self.noise_channels} x {height} x {width} values, "
                f"got {latents.shape[1]}"
            )
        noise = latents.reshape(-1, self.noise_channels, height, width)
        return torch.cat([cond, noise.to(cond.dtype)], 1)
