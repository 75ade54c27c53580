"""SNGAN's residual discriminator."""

from itertools import pairwise
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    DenseHeadDiscriminator,
    build_activation,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_at_least
from ganlab.layers.class_projection import build_projection
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.residual import CONSTANT_STEPS, MAX_MULTIPLE, BlockStyle, down_block, first_block, same_size_block


class _Plan(NamedTuple):
    width: int
    multiples: tuple[int, ...]  # channels of each block, as multiples of the width
    halvings: int  # number of blocks, from the first, that halve the resolution


PLAN_AT_48 = _Plan(64, (1, 2, 4, 8, 16), 4)


def _plan(steps: int) -> _Plan:
    """Return the paper's plan for images with this number of halvings, extrapolated to numbers not in the paper."""
    if steps <= CONSTANT_STEPS:
        return _Plan(128, (1, 1, 1, 1), min(steps, 2))
    halvings = max(steps, 5)
    return _Plan(64, tuple(min(1 << block, MAX_MULTIPLE) for block in range(max(steps + 1, 5))), halvings)


class ResNet(DenseHeadDiscriminator):
    """Residual blocks, a sum over all positions and a dense layer (Miyato et al. 2018, tables 4 to 6).

    It must be possible to halve both sides, at least once, until the shorter is 4 to 15 pixels. `width` None is the
    paper's at 32, 48, 64 and 128 pixels: 128 up to three halvings, except 64 for a shorter side of 48; 64 otherwise.
    Raises ValueError for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        norm: str = "none",
        activation: str = "relu",
        slope: float = 0.2,
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "ResNet", "discriminator", self.sample_dims)
        base = pyramid(shape, "ResNet")
        plan = PLAN_AT_48 if (min(shape[1:]), base.steps) == (48, 3) else _plan(base.steps)
        # Below the pyramid's base, only even sides can be halved without losing an edge.
        halvings = min(plan.halvings, base.steps + (base.height % 2 == base.width % 2 == 0))
        width = plan.width if width is None else width
        check_at_least("width", width, 1)
        channels = [width * multiple for multiple in plan.multiples]
        style = BlockStyle(norm, activation, slope)
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_channels(specs["concat"])
        blocks = [first_block(shape[0] + self.labels.width, channels[0], style)]
        for index, (before, after) in enumerate(pairwise(channels), start=1):
            build = down_block if index < halvings else same_size_block
            blocks.append(build(before, after, style))
        self.body = nn.Sequential(*blocks, build_activation(activation, slope))
        self.independent_samples = norm != "batch" and not spectral_norm
        self.feature_size = channels[-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self.head, "xavier")
        initialise(self.projection, "xavier")
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, summed over all positions: (n, feature_size)."""
        return self.body(self.labels(samples, cond)).sum((2, 3))
