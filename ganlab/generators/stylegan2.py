"""The generator of StyleGAN2."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, label_specs, latent_size, pyramid, sample_shape
from ganlab.layers.checks import at_least, share
from ganlab.layers.styled import Mapping, StyledBlock, StyledConvolution, ToImage

AVERAGE_DECAY = 0.995  # per pass in training


class StyleGAN2(nn.Module):
    """A mapping to styles, and modulated convolutions that sum up an unbounded image (Karras et al. 2020).

    Sides are 4 to 15 times a power of two. Channels double from `width` on, up to `max_width`; `width` None is
    32768 / shorter side, as in the paper. In training, a share `mixing` of the samples changes to the style of another
    latent of the batch at a random layer. In evaluation the noise is fixed, and styles are drawn towards their average
    by `truncation`, 1 being not at all. `labels` None is the paper's way, an embedding that the mapping reads, and
    concat puts labels beside the latent. Raises ValueError for an option out of range or another resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    average: Tensor

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        max_width: int = 512,
        style_size: int = 512,
        mapping_layers: int = 8,
        mapping_rate: float = 0.01,
        mixing: float = 0.9,
        truncation: float = 1.0,
        filter: Sequence[float] = (1, 3, 3, 1),
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "StyleGAN2", "generator", self.sample_dims)
        base = pyramid(shape, "StyleGAN2")
        width = 32768 // min(shape[1:]) if width is None else width
        _check(width, max_width, style_size, mapping_layers, mapping_rate, mixing, truncation)
        channels = [min(width << step, max_width) for step in reversed(range(base.steps + 1))]
        sizes = [(base.height << step, base.width << step) for step in range(base.steps + 1)]
        seen = label_specs(labels, spec, "mapping", "concat")
        self.append_codes = ClassLabels(seen["concat"])
        inputs = latent_size(spec, "StyleGAN2") + self.append_codes.width
        self.mapping = Mapping(seen["mapping"], inputs, style_size, mapping_layers, mapping_rate)
        self.constant = nn.Parameter(torch.randn(channels[0], *sizes[0]))
        self.first = StyledConvolution(channels[0], channels[0], sizes[0], style_size)
        self.first_image = ToImage(channels[0], shape[0], style_size)
        self.blocks = nn.ModuleList(
            StyledBlock(pair, size, shape[0], style_size, filter)
            for pair, size in zip(pairwise(channels), sizes[1:], strict=True)
        )
        self.layers = 2 * len(self.blocks) + 2
        self.register_buffer("average", torch.zeros(style_size))
        self.mixing, self.truncation = mixing, truncation

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.render(self.styles(latents, cond))

    def styles(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Return what each layer reads, shape (n, layers, style_size)."""
        styles = self._mapped(latents, cond)
        if self.training:
            with torch.no_grad():
                self.average.lerp_(styles.mean(0), 1 - AVERAGE_DECAY)
            return self._mixed(styles, latents, cond)
        drawn = torch.lerp(self.average, styles, self.truncation)
        return drawn[:, None].expand(-1, self.layers, -1)

    def truncate(self, share: float) -> None:
        """Draw styles towards their average when samples are made, until a share of the distance is left."""
        at_least("truncation", share, 0)
        self.truncation = share

    def score_settings(self) -> dict[str, Any]:
        """Return how far styles are drawn towards their average, where they are."""
        return {} if self.truncation == 1 else {"style_truncation": self.truncation}

    def render(self, styles: Tensor) -> Tensor:
        """Map styles (n, layers, style_size) to images (n, channels, height, width)."""
        hidden = self.first(self.constant.expand(len(styles), -1, -1, -1), styles[:, 0])
        image = self.first_image(hidden, styles[:, 1])
        for index, block in enumerate(self.blocks):
            hidden, image = block(hidden, image, styles[:, 2 * index + 1 : 2 * index + 4])
        return image

    def _mapped(self, latents: Tensor, cond: Tensor | None) -> Tensor:
        return tree.widen(self.mapping(self.append_codes(latents, cond), cond))

    def _mixed(self, styles: Tensor, latents: Tensor, cond: Tensor | None) -> Tensor:
        """Give each sample the styles of its own latent up to a layer, and those of its neighbour's from there on."""
        styles = styles[:, None].expand(-1, self.layers, -1)
        if not self.mixing:
            return styles
        # Another latent of the batch is one of the same distribution, whichever that is.
        others = self._mapped(latents.roll(1, 0), cond)[:, None]
        mixes = torch.rand(len(latents), device=latents.device) < self.mixing
        cuts = torch.randint(1, self.layers, (len(latents),), device=latents.device)
        own = torch.arange(self.layers, device=latents.device) < torch.where(mixes, cuts, self.layers)[:, None]
        return torch.where(own[:, :, None], styles, others)


def _check(width: int, max_width: int, style_size: int, layers: int, rate: float, mixing: float, cut: float) -> None:
    at_least("width", width, 1)
    at_least("max_width", max_width, 1)
    at_least("style_size", style_size, 1)
    at_least("mapping_layers", layers, 1)
    share("mixing", mixing)
    at_least("truncation", cut, 0)
    if rate <= 0:
        raise ValueError(f"mapping_rate must be above 0, got {rate}")
