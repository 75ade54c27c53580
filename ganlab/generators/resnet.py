"""SNGAN's residual generator."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import init

from ganlab.core.interfaces import Spec
from ganlab.layers import build_generator_labels, latent_size, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.checks import check_at_least
from ganlab.layers.outputs import build_image_output
from ganlab.layers.residual import BlockStyle, Widths, convolution, generator_widths, up_block

WIDTHS_AT_48 = Widths(64, (8, 4, 2, 1))  # table 5; three doublings as at 32 pixels, but other channels


class ResNet(nn.Module):
    """Residual blocks that double the resolution (Miyato et al. 2018, tables 4 to 6), to images in [-1, 1].

    It must be possible to halve both sides, at least once, until the shorter is 4 to 15 pixels. `width` None is the
    paper's at 32, 48, 64 and 128 pixels: 256 up to three doublings of the resolution, except 64 for a shorter side of
    48; 64 otherwise. Raises ValueError for a setting out of range or an unsupported resolution.
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
        output: str = "tanh",
    ) -> None:
        super().__init__()
        image_output = build_image_output(output)
        shape = sample_shape(spec, "ResNet", "generator", self.sample_dims)
        base = pyramid(shape, "ResNet")
        widths = WIDTHS_AT_48 if (min(shape[1:]), base.steps) == (48, 3) else generator_widths(base.steps)
        width = widths.width if width is None else width
        check_at_least("width", width, 1)
        channels = [width * multiple for multiple in widths.multiples]
        self.labels = build_generator_labels(labels, spec)
        style = BlockStyle(norm, activation, slope)
        dense = nn.Linear(latent_size(spec, "ResNet") + self.labels.width, channels[0] * base.height * base.width)
        init.xavier_uniform_(dense.weight)
        init.zeros_(dense.bias)
        self.body = nn.Sequential(
            dense,
            nn.Unflatten(1, (channels[0], base.height, base.width)),
            *(up_block(before, after, style) for before, after in pairwise(channels)),
            style.build_later(channels[-1]),
            convolution(channels[-1], shape[0], 3),
            image_output,
        )
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.body(self.labels(latents, cond))
