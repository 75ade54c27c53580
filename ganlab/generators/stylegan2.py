"""StyleGAN2's generator."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, label_specs, latent_size, pyramid, sample_shape
from ganlab.layers.checks import check_at_least, check_share, check_widths
from ganlab.layers.styled import Mapping, StyledBlock, StyledConvolution, ToImage

AVERAGE_DECAY = 0.995  # of the average style, per forward pass in training mode


class StyleGAN2(nn.Module):
    """A mapping network to styles and a synthesis network that sums an unbounded image (Karras et al. 2020).

    Sides are 4 to 15 times a power of two. The last block has `width` channels, and each block before it twice as many,
    up to `max_width`; `width` None is the paper's 32768 / shorter side. In training, a share `mixing` of the samples
    switches to the style of another latent of the batch at a random layer (style mixing). In evaluation the noise is
    fixed, and styles keep a share `truncation` of their distance from the average style; 1 is no truncation.

    `labels` None is the paper's embedding, which the mapping reads (mapping); concat appends labels to the latent.
    Raises ValueError for a setting out of range or an unsupported resolution.
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
        _check_settings(width, max_width, style_size, mapping_layers, mapping_rate, mixing, truncation)
        width = 32768 // min(shape[1:]) if width is None else width
        channels = [min(width << step, max_width) for step in reversed(range(base.steps + 1))]
        sizes = [(base.height << step, base.width << step) for step in range(base.steps + 1)]
        specs = label_specs(labels, spec, "mapping", "concat")
        self.append_codes = ClassLabels(specs["concat"])
        inputs = latent_size(spec, "StyleGAN2") + self.append_codes.width
        self.mapping = Mapping(specs["mapping"], inputs, style_size, mapping_layers, mapping_rate)
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
        """Map latents (n, latent) and labels (n,) to a style per layer, shape (n, layers, style_size)."""
        styles = self._map(latents, cond)
        if self.training:
            with torch.no_grad():
                self.average.lerp_(styles.mean(0), 1 - AVERAGE_DECAY)
            return self._mix(styles, latents, cond)
        truncated = torch.lerp(self.average, styles, self.truncation)
        return truncated[:, None].expand(-1, self.layers, -1)

    def truncate(self, share: float) -> None:
        """Scale the distance of styles from their average in evaluation by `share`; raises ValueError if negative."""
        check_at_least("truncation", share, 0)
        self.truncation = share

    def score_settings(self) -> dict[str, Any]:
        """Return the style truncation, if there is any, for scores to report."""
        return {} if self.truncation == 1 else {"style_truncation": self.truncation}

    def render(self, styles: Tensor) -> Tensor:
        """Map styles (n, layers, style_size) to images (n, channels, height, width)."""
        hidden = self.first(self.constant.expand(len(styles), -1, -1, -1), styles[:, 0])
        image = self.first_image(hidden, styles[:, 1])
        for index, block in enumerate(self.blocks):
            hidden, image = block(hidden, image, styles[:, 2 * index + 1 : 2 * index + 4])
        return image

    def _map(self, latents: Tensor, cond: Tensor | None) -> Tensor:
        return tree.widen(self.mapping(self.append_codes(latents, cond), cond))

    def _mix(self, styles: Tensor, latents: Tensor, cond: Tensor | None) -> Tensor:
        """Mix styles: a sample has the styles of its own latent up to a random layer, then those of its neighbour's."""
        styles = styles[:, None].expand(-1, self.layers, -1)
        if not self.mixing:
            return styles
        # Another latent of the batch has the right distribution, whatever that is.
        others = self._map(latents.roll(1, 0), cond)[:, None]
        mixed = torch.rand(len(latents), device=latents.device) < self.mixing
        cuts = torch.randint(1, self.layers, (len(latents),), device=latents.device)
        is_own = torch.arange(self.layers, device=latents.device) < torch.where(mixed, cuts, self.layers)[:, None]
        return torch.where(is_own[:, :, None], styles, others)


def _check_settings(
    width: int | None, max_width: int, style_size: int, layers: int, rate: float, mixing: float, truncation: float
) -> None:
    check_widths(width, max_width)
    check_at_least("style_size", style_size, 1)
    check_at_least("mapping_layers", layers, 1)
    check_share("mixing", mixing)
    check_at_least("truncation", truncation, 0)
    if rate <= 0:
        raise ValueError(f"mapping_rate must be above 0, got {rate}")
