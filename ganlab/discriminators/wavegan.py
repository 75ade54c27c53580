"""WaveGAN's discriminator of sound."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    DenseHeadDiscriminator,
    build_activation,
    build_head,
    build_image_norm,
    initialise,
    label_specs,
    normalise_spectrally,
)
from ganlab.layers.checks import check_at_least, check_one_of, check_widths
from ganlab.layers.class_projection import build_projection
from ganlab.layers.norms import IMAGE_NORMS
from ganlab.layers.phase_shuffle import PhaseShuffle
from ganlab.layers.sound_shapes import sound_shape, wave_pyramid
from ganlab.layers.wave_convolution import check_kernel, shortening


class WaveGAN(DenseHeadDiscriminator):
    """Convolutions over time that divide the length by `stride`, with phase shuffle between them (Donahue et al. 2019).

    That is the paper's table 4. A dense layer reads the last 8 to 8 · stride − 1 positions. Channels double from layer
    to layer, from `width` up to `max_width`. `shuffle` is the largest random shift of the maps of a sample, after each
    convolution but the last one, in training only; 0 leaves it out. Raises ValueError for a setting out of range,
    samples that are no sound, or a length that is no multiple of a power of `stride`.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 1024,
        kernel: int = 25,
        stride: int = 4,
        shuffle: int = 2,
        norm: str = "none",
        activation: str = "leaky_relu",
        slope: float = 0.2,
        init: str = "xavier",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sound_shape(spec, "WaveGAN", "discriminator")
        check_widths(width, max_width)
        check_kernel(kernel, stride)
        check_at_least("shuffle", shuffle, 0)
        check_one_of("norm", norm, IMAGE_NORMS)  # checked here, because with short sounds no layer uses it
        base = wave_pyramid(shape.samples, stride, "WaveGAN")
        if shuffle >= base.positions * stride:
            raise ValueError(
                f"shuffle must be below the {base.positions * stride} positions of the shortest maps that are "
                f"shifted, got {shuffle}"
            )
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = ClassLabels(specs["concat"])
        widths = [min(width << doubling, max_width) for doubling in range(base.steps)]
        layers: list[nn.Module] = []
        for before, after in zip([shape.channels + self.labels.width, *widths], widths, strict=False):
            layer_norm = norm if layers else "none"
            layers += [
                shortening(before, after, kernel, stride, layer_norm == "none"),
                build_image_norm(layer_norm, after),
                build_activation(activation, slope),
                PhaseShuffle(shuffle),
            ]
        layers[-1] = nn.Flatten()
        self.body = nn.Sequential(*layers)
        self.independent_samples = norm != "batch" and not shuffle and not spectral_norm
        self.feature_size = widths[-1] * base.positions
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, flattened: (n, feature_size)."""
        return self.body(self.labels(samples.mT.unsqueeze(2), cond))
