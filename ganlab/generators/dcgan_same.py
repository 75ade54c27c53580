"""DCGAN's generator with "same" padding, for images of any size."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_generator_labels, initialise, latent_size, normalise_spectrally, sample_shape
from ganlab.layers.checks import check_at_least
from ganlab.layers.same_padding import DoublingSame, half_size


class DCGANSame(nn.Module):
    """Batch-normalised transposed convolutions to images of any size in [-1, 1] (Radford et al. 2016).

    They reverse `halvings` halvings that round up. Channels halve from layer to layer, down to `width` before the last.
    This is the network of the TensorFlow code that PacGAN and VEEGAN build on. Raises ValueError for a setting out of
    range.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        halvings: int = 4,
        kernel: int = 5,
        spectral_norm: bool = False,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "DCGANSame", "generator", self.sample_dims)
        for name, value, least in (("width", width, 1), ("halvings", halvings, 1), ("kernel", kernel, 2)):
            check_at_least(name, value, least)
        sizes = [(shape[1], shape[2])]
        for _ in range(halvings):
            sizes.append(half_size(sizes[-1]))
        widths = [width << step for step in reversed(range(halvings))]
        self.labels = build_generator_labels(labels, spec)
        inputs = latent_size(spec, "DCGANSame") + self.labels.width
        layers: list[nn.Module] = [
            nn.Linear(inputs, widths[0] * sizes[-1][0] * sizes[-1][1]),
            nn.Unflatten(1, (widths[0], *sizes[-1])),
        ]
        for (before, after), size in zip(pairwise([*widths, shape[0]]), reversed(sizes[:-1]), strict=True):
            layers += [nn.BatchNorm2d(before), nn.ReLU(inplace=True), DoublingSame(before, after, kernel, size)]
        self.body = nn.Sequential(*layers, nn.Tanh())
        initialise(self, "dcgan")
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.body(self.labels(latents, cond))
