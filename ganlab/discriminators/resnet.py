"""The critic of SNGAN."""

from itertools import pairwise
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    DenseHeadDiscriminator,
    build_activation,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import at_least
from ganlab.layers.class_projection import projection_of
from ganlab.layers.residual import CONSTANT_STEPS, MOST_MULTIPLES, Style, down_block, first_block, level_block


class _Plan(NamedTuple):
    width: int
    multiples: tuple[int, ...]  # of the width: each block's channels
    halvings: int  # how many blocks, from the first on, halve the resolution


PLAN_OF_48 = _Plan(64, (1, 2, 4, 8, 16), 4)


def _plan(steps: int) -> _Plan:
    """Return the paper's plan for images that can be halved so often down to 4 pixels or more, or one in its manner."""
    if steps <= CONSTANT_STEPS:
        return _Plan(128, (1, 1, 1, 1), min(steps, 2))
    halvings = max(steps, 5)
    return _Plan(64, tuple(min(1 << block, MOST_MULTIPLES) for block in range(max(steps + 1, 5))), halvings)


class ResNet(DenseHeadDiscriminator):
    """Residual blocks, a sum over all positions and a dense layer (Miyato et al. 2018, tables 4 to 6).

    Both sides can be halved, once or more, until the shorter is 4 to 15 pixels. `width` None is the paper's at 32, 48,
    64 and 128 pixels: 128 up to three halvings but for 48, and else 64. Raises ValueError for an option out of range or
    another resolution.
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
        plan = PLAN_OF_48 if (min(shape[1:]), base.steps) == (48, 3) else _plan(base.steps)
        # Beyond the pyramid, only what is even can be halved without dropping an edge.
        halvings = min(plan.halvings, base.steps + (base.height % 2 == base.width % 2 == 0))
        width = plan.width if width is None else width
        at_least("width", width, 1)
        channels = [width * multiple for multiple in plan.multiples]
        style = Style(norm, activation, slope)
        seen = label_specs(labels, spec, "concat", "projection")
        self.labels = ClassLabels(seen["concat"])
        blocks = [first_block(shape[0] + self.labels.width, channels[0], style)]
        for index, (before, after) in enumerate(pairwise(channels), start=1):
            build = down_block if index < halvings else level_block
            blocks.append(build(before, after, style))
        self.body = nn.Sequential(*blocks, build_activation(activation, slope))
        self.feature_size = channels[-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = projection_of(seen["projection"], self.feature_size)
        initialise(self.head, "xavier")
        initialise(self.projection, "xavier")
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the sum of the last images over all positions."""
        return self.body(self.labels(samples, cond)).sum((2, 3))
