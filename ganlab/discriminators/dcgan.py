"""DCGAN's discriminator of strided convolutions."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    DenseHeadDiscriminator,
    build_activation,
    build_head,
    build_image_norm,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_at_least, check_one_of, check_share, check_widths
from ganlab.layers.class_projection import build_projection
from ganlab.layers.dropout import Dropout
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.norms import IMAGE_NORMS


class DCGAN(DenseHeadDiscriminator):
    """Convolutions that halve the resolution, down to 4 to 15 pixels, and a dense layer (Radford et al. 2016).

    Channels double from layer to layer, from `width` up to `max_width`; the first layer has no normalisation. Raises
    ValueError for a setting out of range or an unsupported resolution.
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
        check_widths(width, max_width)
        check_at_least("kernel", kernel, 2)
        check_share("dropout", dropout)
        check_one_of("norm", norm, IMAGE_NORMS)  # checked here, because with small images no layer uses it
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_channels(specs["concat"])
        widths = [min(width << doubling, max_width) for doubling in range(base.steps)]
        layers: list[nn.Module] = []
        for before, after in zip([shape[0] + self.labels.width, *widths], widths, strict=False):
            layer_norm = norm if layers else "none"
            layers += [
                nn.Conv2d(before, after, kernel, 2, (kernel - 1) // 2, bias=layer_norm == "none"),
                build_image_norm(layer_norm, after),
                build_activation(activation, slope),
                Dropout(dropout),
            ]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.independent_samples = norm != "batch" and not dropout and not spectral_norm
        self.feature_size = widths[-1] * base.height * base.width
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, flattened: (n, feature_size)."""
        return self.body(self.labels(samples, cond))
