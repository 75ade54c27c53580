"""SAGAN's discriminator."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from ganlab.core.interfaces import Spec
from ganlab.layers import build_head, label_specs, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.attention_discriminator import AttentionDiscriminator
from ganlab.layers.checks import check_at_least
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.residual import BlockStyle, down_block, first_block, same_size_block

STYLE = BlockStyle("none", "relu", 0.2)


class SAGAN(AttentionDiscriminator):
    """SNGAN's residual blocks with self-attention between them, and a class projection (Zhang et al. 2019, section 3).

    Sides are 4 to 15 times a power of two. `width` None is SNGAN's: 128 up to three halvings of the resolution,
    otherwise 64. `attention` lists the shorter sides of the blocks that it follows; None is half the image's shorter
    side. `labels` None is the paper's projection. Raises ValueError for a setting out of range or an unsupported
    resolution.
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
        shape = sample_shape(spec, "SAGAN", "discriminator", self.sample_dims)
        steps = pyramid(shape, "SAGAN").steps
        width = (128 if steps <= 3 else 64) if width is None else width
        check_at_least("width", width, 1)
        multiples, halvings = _plan(steps)
        channels = [width * multiple for multiple in multiples]
        blocks = [first_block(shape[0] + append_codes.width, channels[0], STYLE)]
        for index, (before, after) in enumerate(pairwise(channels), start=1):
            blocks.append((down_block if index < halvings else same_size_block)(before, after, STYLE))
        side = min(shape[1:])
        sides = [side >> min(index + 1, halvings) for index in range(len(channels))]
        super().__init__(
            specs["projection"], append_codes, blocks, channels, sides, attention, side // 2, build_head(head, beta)
        )
        if spectral_norm:
            normalise_spectrally(self)


def _plan(steps: int) -> tuple[list[int], int]:
    """Return SNGAN's channels as multiples of the width, and the number of blocks that halve the resolution."""
    if steps <= 3:
        return [1] * 4, min(steps, 2)
    return [min(1 << block, 16) for block in range(max(steps, 5) + (steps > 4))], max(steps, 5)
