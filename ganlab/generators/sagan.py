"""SAGAN's generator."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import init

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, label_specs, latent_size, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.attention import build_attention
from ganlab.layers.checks import check_at_least
from ganlab.layers.conditional import ConditionalUpBlock, build_class_batch_norm
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.residual import convolution, generator_widths


class SAGAN(nn.Module):
    """SNGAN's residual blocks with self-attention between them (Zhang et al. 2019, section 3), to images in [-1, 1].

    Sides are 4 to 15 times a power of two. `width` None is SNGAN's: 256 up to three doublings of the resolution,
    otherwise 64. `attention` lists the shorter sides of the blocks that it follows; None is half the image's shorter
    side. `labels` None is the paper's conditional batch normalisation (norm). Raises ValueError for a setting out of
    range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        attention: Sequence[int] | None = None,
        spectral_norm: bool = True,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "SAGAN", "generator", self.sample_dims)
        base = pyramid(shape, "SAGAN")
        widths = generator_widths(base.steps)
        width = widths.width if width is None else width
        check_at_least("width", width, 1)
        channels = [width * multiple for multiple in widths.multiples]
        side = min(base.height, base.width)
        specs = label_specs(labels, spec, "norm", "concat")
        self.labels, self.append_codes = ClassLabels(specs["norm"]), ClassLabels(specs["concat"])
        dense = nn.Linear(latent_size(spec, "SAGAN") + self.append_codes.width, channels[0] * base.height * base.width)
        init.xavier_uniform_(dense.weight)
        init.zeros_(dense.bias)
        self.project = nn.Sequential(dense, nn.Unflatten(1, (channels[0], base.height, base.width)))
        norm = partial(build_class_batch_norm, classes=self.labels.width)
        self.blocks = nn.ModuleList(ConditionalUpBlock(*pair, norm) for pair in pairwise(channels))
        sides = [side << step for step in range(1, base.steps + 1)]
        self.attention = build_attention(attention, sides[-1] // 2, sides, channels[1:])
        self.last_norm = norm(channels[-1])
        self.to_image = nn.Sequential(nn.ReLU(inplace=True), convolution(channels[-1], shape[0], 3), nn.Tanh())
        if spectral_norm:
            normalise_spectrally(self, exclude=ClassEmbedding)  # not the gains and biases per class

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        codes = self.labels(latents[:, :0], cond)
        images = self.project(self.append_codes(latents, cond))
        for block, attend in zip(self.blocks, self.attention, strict=True):
            images = attend(block(images, codes))
        return self.to_image(self.last_norm(images, codes))
