"""The critic of SNGAN."""

from itertools import pairwise
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    DenseCritic,
    build_activation,
    build_head,
    initialise,
    normalise_spectrally,
    sample_shape,
    seen_by,
)
from ganlab.layers.class_projection import projection_of
from ganlab.layers.options import at_least
from ganlab.layers.residual import Style, down_block, first_block, level_block, plan_for


class _Plan(NamedTuple):
    width: int
    multiples: tuple[int, ...]  # of the width: each block's channels
    halvings: int  # how many blocks, from the first on, halve the resolution


PLANS = {
    32: _Plan(128, (1, 1, 1, 1), 2),
    48: _Plan(64, (1, 2, 4, 8, 16), 4),
    64: _Plan(64, (1, 2, 4, 8, 16), 5),
    128: _Plan(64, (1, 2, 4, 8, 16, 16), 5),
}


class ResNet(DenseCritic):
    """Residual blocks, a sum over all positions and a dense layer (Miyato et al. 2018, tables 4 to 6).

    The shorter side is 32, 48, 64 or 128; `width` None is the paper's. Raises ValueError for an option out of range or
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
        plan = plan_for(shape, PLANS, "discriminator")
        width = plan.width if width is None else width
        at_least("width", width, 1)
        channels = [width * multiple for multiple in plan.multiples]
        style = Style(norm, activation, slope)
        seen = seen_by(labels, spec, "concat", "projection")
        self.labels = ClassLabels(seen["concat"])
        blocks = [first_block(shape[0] + self.labels.width, channels[0], style)]
        for index, (before, after) in enumerate(pairwise(channels), start=1):
            build = down_block if index < plan.halvings else level_block
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
