"""DCGAN's discriminator with "same" padding, for images of any size."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    DenseHeadDiscriminator,
    build_head,
    build_image_norm,
    initialise,
    label_specs,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.checks import check_at_least, check_one_of
from ganlab.layers.class_projection import build_projection
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.norms import IMAGE_NORMS
from ganlab.layers.same_padding import HalvingSame, half_size


class DCGANSame(DenseHeadDiscriminator):
    """Convolutions that halve images of any size, rounding up, and a dense layer (Radford et al. 2016).

    This is the network of the TensorFlow code that PacGAN and VEEGAN build on. Channels double from layer to layer,
    starting at `width`; the first layer has no normalisation. Raises ValueError for a setting out of range.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        halvings: int = 4,
        kernel: int = 5,
        norm: str = "none",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "DCGANSame", "discriminator", self.sample_dims)
        for name, value, least in (("width", width, 1), ("halvings", halvings, 1), ("kernel", kernel, 2)):
            check_at_least(name, value, least)
        check_one_of("norm", norm, IMAGE_NORMS)  # checked here, because a single layer does not use it
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_channels(specs["concat"])
        widths = [shape[0] + self.labels.width, *(width << step for step in range(halvings))]
        layers: list[nn.Module] = []
        size = (shape[1], shape[2])
        for before, after in pairwise(widths):
            layers += [
                HalvingSame(before, after, kernel, size),
                build_image_norm(norm if layers else "none", after),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            size = half_size(size)
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.independent_samples = norm != "batch" and not spectral_norm
        self.feature_size = widths[-1] * size[0] * size[1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, "dcgan")
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, flattened: (n, feature_size)."""
        return self.body(self.labels(samples, cond))
