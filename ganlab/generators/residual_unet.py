"""A U-Net that adds to a first guess, for inpainting, colourisation and other enhancements of images."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import initialise
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.enlargement import FIRST_DETAILS
from ganlab.layers.first_guess import build_first_guess
from ganlab.layers.image_shapes import check_sides, image_pair
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.outputs import Clamp

SLOPE = 0.2


class ResidualUNet(nn.Module):
    """A U-Net (Ronneberger et al. 2015) without normalisation, from half the resolution on, by pixel shuffle.

    What it computes is added to `guess`: the condition ("copied"), the condition with its holes filled smoothly, which
    changes in the holes only ("filled"), or a grey condition in three channels, whose luminance is kept ("tinted"). It
    starts close to the guess. `depth` convolutions of stride 2 halve the sides; channels double from `width` up to
    `max_width`. Raises ValueError for a setting out of range, samples of another size than the condition, and sides
    that are no multiples of 2^(depth + 1).
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    scale = 1  # side of a sample / side of its condition

    def __init__(
        self,
        spec: Spec,
        width: int = 48,
        max_width: int = 256,
        depth: int = 3,
        guess: str = "copied",
        init: str = "torch",
    ) -> None:
        super().__init__()
        pair = image_pair(spec, "ResidualUNet")
        check_widths(width, max_width)
        check_at_least("depth", depth, 0)
        self.multiple = 2 << depth  # the sides of a condition are multiples of it
        cond_channels, *sides = pair.cond
        check_sides("ResidualUNet", sides[0], sides[1], self.multiple)
        self.guess = build_first_guess(guess, pair.sample[0], cond_channels)
        self.join = JoinLatents(spec, "ResidualUNet")
        widths = [min(width << doubling, max_width) for doubling in range(depth + 1)]
        self.first = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4 * self.join.channels, width, 3, padding=1), nn.LeakyReLU(SLOPE)
        )
        self.down = nn.ModuleList(_down_block(*each) for each in pairwise(widths))
        self.enlarge = nn.ModuleList(_double(*each) for each in pairwise(widths[::-1]))
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2 * each, each, 3, padding=1), nn.LeakyReLU(SLOPE)) for each in widths[-2::-1]
        )
        self.last = nn.Sequential(nn.Conv2d(width, 4 * pair.sample[0], 3, padding=1), nn.PixelShuffle(2))
        self.clamp = Clamp()
        initialise(self, init)
        with torch.no_grad():
            for weight in self.last.parameters():
                weight.mul_(FIRST_DETAILS)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and images (n, channels, height, width) to images of the same size."""
        seen = None if cond is None else self.guess.see(cond)
        joined = self.join(latents, seen)
        height, width = joined.shape[2:]
        check_sides("ResidualUNet", height, width, self.multiple)
        hidden, skips = self.first(joined), []
        for block in self.down:
            skips.append(hidden)
            hidden = block(hidden)
        for enlarge, block in zip(self.enlarge, self.up, strict=True):
            hidden = block(torch.cat([enlarge(hidden), skips.pop()], 1))
        return self.clamp(self.guess.add(joined[:, : self.guess.cond_channels], self.last(hidden)))


def _down_block(inputs: int, outputs: int) -> nn.Sequential:
    """Build a block that halves the sides."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 4, 2, 1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.LeakyReLU(SLOPE),
    )


def _double(inputs: int, outputs: int) -> nn.Sequential:
    """Build a 1×1 convolution and a pixel shuffle, which double the sides."""
    return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 1), nn.PixelShuffle(2))
