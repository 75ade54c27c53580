"""A critic of strided convolutions."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    DenseHeadDiscriminator,
    build_activation,
    build_head,
    image_norm,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import at_least, one_of, share
from ganlab.layers.class_projection import projection_of
from ganlab.layers.norms import IMAGE_NORMS


class DCGAN(DenseHeadDiscriminator):
    """Convolutions that halve the resolution (Radford et al. 2016), down to 4 to 15 pixels, and a dense layer.

    Channels double from `width` on; the first layer is not normalised. Raises ValueError for an option out of range or
    a resolution that cannot be halved so.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 1024,
        kernel: int = 4,
        norm: str = "none",
        activation: str = "leaky_relu",
        slope: float = 0.2,
        dropout: float = 0.0,
        init: str = "dcgan",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "DCGAN", "discriminator", self.sample_dims)
        base = pyramid(shape, "DCGAN")
        at_least("width", width, 1)
        at_least("max_width", max_width, 1)
        at_least("kernel", kernel, 2)
        share("dropout", dropout)
        one_of("norm", norm, IMAGE_NORMS)  # small images have no layer that uses it
        seen = label_specs(labels, spec, "concat", "projection")
        self.labels = ClassLabels(seen["concat"])
        widths = [min(width << doubling, max_width) for doubling in range(base.steps)]
        layers: list[nn.Module] = []
        for before, after in zip([shape[0] + self.labels.width, *widths], widths, strict=False):
            layer_norm = norm if layers else "none"
            layers += [
                nn.Conv2d(before, after, kernel, 2, (kernel - 1) // 2, bias=layer_norm == "none"),
                image_norm(layer_norm, after),
                build_activation(activation, slope),
                nn.Dropout(dropout),
            ]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.feature_size = widths[-1] * base.height * base.width
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = projection_of(seen["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last images, flat."""
        return self.body(self.labels(samples, cond))
