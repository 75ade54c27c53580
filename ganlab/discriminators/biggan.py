"""BigGAN's discriminator."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from ganlab.core.interfaces import Spec
from ganlab.layers import build_head, initialise, label_specs, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.attention_discriminator import AttentionDiscriminator
from ganlab.layers.checks import check_at_least
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.residual import BlockStyle, first_block, wide_down_block, wide_same_size_block

# Channels of each block as multiples of the width, by number of halvings; all blocks but the last halve the resolution.
MULTIPLES = {
    4: (1, 2, 4, 8, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
    7: (1, 1, 2, 4, 8, 8, 16, 16),
}
SMALL_IMAGE_MULTIPLES = (2, 2, 2, 2)  # up to three halvings; at most the first two blocks halve


class BigGAN(AttentionDiscriminator):
    """Wide residual blocks, a sum over all positions, and a class projection (Brock et al. 2019, appendix B).

    Sides are 4 to 15 times a power of two, at most 2⁷. Weights start orthogonal. Up to three halvings this is the
    network that StudioGAN trains on CIFAR-10. `width` None is 96. `attention` lists the shorter sides of the blocks
    that it follows; None is 64 if a block has that side. `labels` None is the paper's projection. Raises ValueError for
    a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        attention: Sequence[int] | None = None,
        spectral_norm: bool = True,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        specs = label_specs(labels, spec, "projection", "concat")
        append_codes = build_condition_channels(specs["concat"])
        shape = sample_shape(spec, "BigGAN", "discriminator", self.sample_dims)
        steps = pyramid(shape, "BigGAN").steps
        width = 96 if width is None else width
        check_at_least("width", width, 1)
        if steps > max(MULTIPLES):
            raise ValueError(f"BigGAN halves the resolution at most 7 times, but {shape[1]}x{shape[2]} takes {steps}")
        channels = [width * multiple for multiple in MULTIPLES.get(steps, SMALL_IMAGE_MULTIPLES)]
        halvings = min(steps, 2) if steps <= 3 else len(channels) - 1
        blocks = [first_block(shape[0] + append_codes.width, channels[0], BlockStyle("none", "relu", 0.2))]
        for index, (before, after) in enumerate(pairwise(channels), start=1):
            blocks.append((wide_down_block if index < halvings else wide_same_size_block)(before, after))
        sides = [min(shape[1:]) >> min(index + 1, halvings) for index in range(len(channels))]
        super().__init__(
            specs["projection"], append_codes, blocks, channels, sides, attention, 64, build_head(head, beta)
        )
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)
