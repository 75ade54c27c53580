"""R3GAN's generator."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, label_specs, latent_size, pyramid, sample_shape
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.fixup import FixupBlock, bare_convolution, scaled_normal_
from ganlab.layers.labels import LabelEmbedding
from ganlab.layers.resampling import Upsample

FILTER = (1, 3, 3, 1)


class R3GAN(nn.Module):
    """Grouped residual blocks without normalisation (Huang et al. 2024, section 3), to unbounded images.

    Sides are 4 to 15 times a power of two. The last block has `width` channels, and each doubling towards the latent
    doubles them, up to `max_width`; `width` None is the paper's 24576 / shorter side. `labels` None is the paper's
    embedding of `embedding` numbers, appended to the latent. Raises ValueError for a setting out of range or an
    unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        max_width: int = 768,
        blocks: int = 2,
        group_width: int = 16,
        embedding: int = 64,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "R3GAN", "generator", self.sample_dims)
        base = pyramid(shape, "R3GAN")
        check_widths(width, max_width)
        width = 24576 // min(shape[1:]) if width is None else width
        settings = {"width": width, "blocks": blocks, "group_width": group_width}
        for name, value in {**settings, "embedding": embedding}.items():
            check_at_least(name, value, 1)
        channels = [min(width << step, max_width) for step in reversed(range(base.steps + 1))]
        specs = label_specs(labels, spec, "embedding", "concat")
        self.embed, self.append_codes = LabelEmbedding(specs["embedding"], embedding), ClassLabels(specs["concat"])
        inputs = latent_size(spec, "R3GAN") + self.embed.width + self.append_codes.width
        self.project = nn.Linear(inputs, channels[0], bias=False)
        for layer in (self.embed, self.project):
            for weight in layer.parameters():
                scaled_normal_(weight)
        self.basis = nn.Parameter(torch.randn(channels[0], base.height, base.width))
        total = blocks * len(channels)
        layers: list[nn.Module] = [FixupBlock(channels[0], group_width, total) for _ in range(blocks)]
        for before, after in pairwise(channels):
            if before != after:
                layers.append(bare_convolution(before, after, 1))
            layers += [Upsample(FILTER), *(FixupBlock(after, group_width, total) for _ in range(blocks))]
        self.body = nn.Sequential(*layers, bare_convolution(channels[-1], shape[0], 1))

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        latents = self.append_codes(self.embed(latents, cond), cond)
        return self.body(self.basis * self.project(latents)[:, :, None, None])
