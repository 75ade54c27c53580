"""The generator of BigGAN."""

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
from ganlab.layers.attention import attention_at
from ganlab.layers.checks import at_least
from ganlab.layers.conditional import ConditionalUpBlock, conditional_norm
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.residual import convolution

# Of the width, by how often the resolution doubles: the dense layer's channels, then those of each block.
MULTIPLES = {
    4: (16, 16, 8, 4, 2),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
FEW = 4  # of the width, up to three doublings


class BigGAN(nn.Module):
    """Residual blocks that each read a piece of the latent and the class (Brock et al. 2019, appendix B).

    Images are in [-1, 1], with sides 4 to 15 times a power of two, at most 2⁷. The latent is cut into one piece for the
    first layer and one for each block (skip-z), evenly where it divides; a block's batch normalisation reads its piece
    beside an embedding of the class that all blocks share. Weights start orthogonal. `width` None is 96; `attention`
    lists the shorter sides that it follows, None being 64 where there is such a block; `labels` None is the paper's
    embedding, and concat puts labels beside the first piece alone. Raises ValueError for an option out of range,
    another resolution, or a latent of fewer numbers than pieces.
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
        at_least("width", width, 1)
        at_least("embedding", embedding, 1)
        channels = [width * multiple for multiple in _multiples(base.steps, shape)]
        self.pieces = _pieces(latent_size(spec, "BigGAN"), base.steps + 1)
        seen = label_specs(labels, spec, "norm", "concat")
        classes = seen["norm"].classes
        shared = embedding if classes else 0
        side = min(base.height, base.width)
        self.labels, self.append_codes = ClassLabels(seen["norm"]), ClassLabels(seen["concat"])
        self.project = nn.Sequential(
            nn.Linear(self.pieces[0] + self.append_codes.width, channels[0] * base.height * base.width),
            nn.Unflatten(1, (channels[0], base.height, base.width)),
        )
        self.blocks = nn.ModuleList(
            ConditionalUpBlock(*pair, partial(conditional_norm, condition_size=piece + shared))
            for pair, piece in zip(pairwise(channels), self.pieces[1:], strict=True)
        )
        sides = [side << step for step in range(1, base.steps + 1)]
        self.attention = attention_at(attention, 64, sides, channels[1:])
        self.to_image = nn.Sequential(
            nn.BatchNorm2d(channels[-1]), nn.ReLU(inplace=True), convolution(channels[-1], shape[0], 3), nn.Tanh()
        )
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)
        # Only now: a spectrally normalised embedding cripples the generator, say the authors' notes.
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


def _multiples(steps: int, shape: tuple[int, ...]) -> Sequence[int]:
    if steps <= 3:
        return [FEW] * (steps + 1)
    if steps not in MULTIPLES:
        raise ValueError(f"BigGAN doubles the resolution at most 7 times, and {shape[1]}x{shape[2]} takes {steps}")
    return MULTIPLES[steps]


def _pieces(latent: int, count: int) -> list[int]:
    if latent < count:
        raise ValueError(
            f"BigGAN cuts the latent into {count} pieces at this resolution, got {latent} numbers; raise latent.size"
        )
    return [latent // count + (index < latent % count) for index in range(count)]
