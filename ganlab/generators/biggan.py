"""BigGAN's generator."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import init

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    initialise,
    label_specs,
    latent_size,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.attention import build_attention
from ganlab.layers.checks import check_at_least
from ganlab.layers.conditional import ConditionalUpBlock, build_conditional_norm
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.residual import convolution

# Channels as multiples of the width, by number of doublings: first those of the dense layer, then those of each block.
MULTIPLES = {
    4: (16, 16, 8, 4, 2),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
SMALL_IMAGE_MULTIPLE = 4  # of every layer, up to three doublings


class BigGAN(nn.Module):
    """Residual blocks that are each conditioned on a piece of the latent and the class (Brock et al. 2019, appendix B).

    Images are in [-1, 1], with sides of 4 to 15 times a power of two, at most 2⁷. The latent is split as evenly as
    possible into one piece for the first layer and one per block (skip-z). The batch normalisation of a block is
    conditioned on its piece and on a class embedding shared by all blocks. Weights start orthogonal.

    `width` None is 96. `attention` lists the shorter sides of the blocks that it follows; None is 64 if a block has
    that side. `labels` None is the paper's embedding (norm); concat appends labels to the first piece only. Raises
    ValueError for a setting out of range, an unsupported resolution, or a latent with fewer numbers than pieces.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        embedding: int = 128,
        attention: Sequence[int] | None = None,
        spectral_norm: bool = True,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "BigGAN", "generator", self.sample_dims)
        base = pyramid(shape, "BigGAN")
        width = 96 if width is None else width
        check_at_least("width", width, 1)
        check_at_least("embedding", embedding, 1)
        channels = [width * multiple for multiple in _channel_multiples(base.steps, shape)]
        self.pieces = _split_sizes(latent_size(spec, "BigGAN"), base.steps + 1)
        specs = label_specs(labels, spec, "norm", "concat")
        classes = specs["norm"].classes
        shared = embedding if classes else 0
        side = min(base.height, base.width)
        self.labels, self.append_codes = ClassLabels(specs["norm"]), ClassLabels(specs["concat"])
        self.project = nn.Sequential(
            nn.Linear(self.pieces[0] + self.append_codes.width, channels[0] * base.height * base.width),
            nn.Unflatten(1, (channels[0], base.height, base.width)),
        )
        self.blocks = nn.ModuleList(
            ConditionalUpBlock(*pair, partial(build_conditional_norm, condition_size=piece + shared))
            for pair, piece in zip(pairwise(channels), self.pieces[1:], strict=True)
        )
        sides = [side << step for step in range(1, base.steps + 1)]
        self.attention = build_attention(attention, 64, sides, channels[1:])
        self.to_image = nn.Sequential(
            nn.BatchNorm2d(channels[-1]), nn.ReLU(inplace=True), convolution(channels[-1], shape[0], 3), nn.Tanh()
        )
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)
        # After spectral normalisation: the authors note that normalising the embedding cripples the generator.
        self.embed = ClassEmbedding(classes, shared) if classes else nn.Identity()
        for weight in self.embed.parameters():
            init.orthogonal_(weight)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        first, *rest = latents.split(self.pieces, 1)
        embedded = self.embed(self.labels(latents[:, :0], cond))
        images = self.project(self.append_codes(first, cond))
        for block, attend, piece in zip(self.blocks, self.attention, rest, strict=True):
            images = attend(block(images, torch.cat([embedded, piece], 1)))
        return self.to_image(images)


def _channel_multiples(steps: int, shape: tuple[int, ...]) -> Sequence[int]:
    if steps <= 3:
        return [SMALL_IMAGE_MULTIPLE] * (steps + 1)
    if steps not in MULTIPLES:
        raise ValueError(f"BigGAN doubles the resolution at most 7 times, but {shape[1]}x{shape[2]} takes {steps}")
    return MULTIPLES[steps]


def _split_sizes(latent: int, count: int) -> list[int]:
    if latent < count:
        raise ValueError(
            f"BigGAN splits the latent into {count} pieces at this resolution, got {latent} numbers; raise latent.size"
        )
    return [latent // count + (index < latent % count) for index in range(count)]
