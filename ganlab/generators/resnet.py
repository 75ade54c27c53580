"""The generator of SNGAN."""

from itertools import pairwise
from typing import ClassVar, NamedTuple

from torch import Tensor, nn
from torch.nn import init

from ganlab.interfaces import Spec
from ganlab.layers import generator_labels, latent_size, normalise_spectrally, sample_shape
from ganlab.layers.options import at_least
from ganlab.layers.residual import Style, convolution, plan_for, up_block


class _Plan(NamedTuple):
    width: int
    multiples: tuple[int, ...]  # of the width: the dense layer's channels, then those of each block


PLANS = {
    32: _Plan(256, (1, 1, 1, 1)),
    48: _Plan(64, (8, 4, 2, 1)),
    64: _Plan(64, (16, 8, 4, 2, 1)),
    128: _Plan(64, (16, 16, 8, 4, 2, 1)),
}


class ResNet(nn.Module):
    """Residual blocks that double the resolution (Miyato et al. 2018, tables 4 to 6), to images in [-1, 1].

    The shorter side is 32, 48, 64 or 128; `width` None is the paper's. Raises ValueError for an option out of range or
    another resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        norm: str = "batch",
        activation: str = "relu",
        slope: float = 0.2,
        spectral_norm: bool = False,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "ResNet", "generator", self.sample_dims)
        plan = plan_for(shape, PLANS, "generator")
        width = plan.width if width is None else width
        at_least("width", width, 1)
        channels = [width * multiple for multiple in plan.multiples]
        doublings = len(channels) - 1
        base = (channels[0], shape[1] >> doublings, shape[2] >> doublings)
        self.labels = generator_labels(labels, spec)
        style = Style(norm, activation, slope)
        dense = nn.Linear(latent_size(spec, "ResNet") + self.labels.width, base[0] * base[1] * base[2])
        init.xavier_uniform_(dense.weight)
        init.zeros_(dense.bias)
        self.body = nn.Sequential(
            dense,
            nn.Unflatten(1, base),
            *(up_block(before, after, style) for before, after in pairwise(channels)),
            style.later(channels[-1]),
            convolution(channels[-1], shape[0], 3),
            nn.Tanh(),
        )
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.body(self.labels(latents, cond))
