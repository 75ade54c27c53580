"""Enlargement of images by networks: pixel shuffle, and the enlarged input to which a network adds details."""

from collections.abc import Callable, Mapping
from math import log2
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.checks import look_up


def build_pixel_shuffle(channels: int, scale: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Build convolutions that each double the sides, `scale` times in total, a power of two (Shi et al. 2016).

    Each maps to four times the channels, which become the pixels of a 2×2 square. A scale of 1 has no layers.
    """
    doublings = int(log2(scale))
    layers: list[nn.Module] = []
    for _ in range(doublings):
        layers += [nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2), activation()]
    return nn.Sequential(*layers)


@final
class EnlargedSkip(nn.Module):
    """Adds the condition, enlarged by bicubic interpolation, so that a network only has to add what it lacks.

    The first `channels` channels of the condition are added, or its first one to all channels if it has fewer, as a
    grey image to a coloured one.
    """

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.channels, self.scale = channels, scale

    def forward(self, details: Tensor, cond: Tensor) -> Tensor:
        """Add conditions (n, any channels, height, width) to details (n, channels, scale height, scale width)."""
        fits = cond.shape[1] >= self.channels
        image = cond[:, : self.channels] if fits else cond[:, :1].expand(-1, self.channels, -1, -1)
        if self.scale > 1:
            image = functional.interpolate(image, scale_factor=self.scale, mode="bicubic", align_corners=False)
        return details + image


@final
class NoSkip(nn.Module):
    """Adds nothing: the network makes the whole image."""

    def forward(self, details: Tensor, cond: Tensor) -> Tensor:
        """Return `details`."""
        return details


SKIPS: Mapping[str, Callable[[int, int], nn.Module]] = {
    "bicubic": EnlargedSkip,
    "none": lambda channels, scale: NoSkip(),
}


def build_skip(name: str, channels: int, scale: int) -> nn.Module:
    """Build the global skip connection of a network that enlarges; raises ValueError for an unknown name."""
    return look_up("skip", name, SKIPS)(channels, scale)
