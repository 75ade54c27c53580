"""VGAN's discriminator of clips: convolutions in space and time."""

from functools import partial
from typing import ClassVar

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
from ganlab.layers.checks import check_one_of, check_widths
from ganlab.layers.class_projection import build_projection
from ganlab.layers.clips import time_steps
from ganlab.layers.labels import ClassLabels
from ganlab.layers.video_convolutions import NORMS, ChannelsFirst, build_halving, build_video_norm


class VGAN(DenseHeadDiscriminator):
    """Convolutions that halve clips in space and time, and a dense layer (Vondrick et al. 2016, section 3.2).

    Height and width are halved down to 4 to 15 pixels, the length as long as it is even, down to 2 frames. Channels
    double from layer to layer, from `width` up to `max_width`; the first layer has no normalisation. `convolution` is
    3d, or 2_plus_1d for one in space and then one in time (Tran et al. 2018), which takes less time. Raises ValueError
    for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 512,
        convolution: str = "3d",
        norm: str = "none",
        activation: str = "leaky_relu",
        slope: float = 0.2,
        init: str = "dcgan",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        frames, *image = sample_shape(spec, "VGAN", "discriminator", self.sample_dims)
        base = pyramid(tuple(image), "VGAN")
        check_widths(width, max_width)
        check_one_of("norm", norm, NORMS)
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = ClassLabels(specs["concat"], axis=1)
        shortest, halvings = time_steps(frames, base.steps)
        widths = [min(width << doubling, max_width) for doubling in range(base.steps)]
        activate = partial(build_activation, activation, slope)
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(zip([image[0] + self.labels.width, *widths], widths, strict=False)):
            layer_norm = norm if number else "none"
            bias = layer_norm == "none"
            layers += build_halving(convolution, before, after, number < halvings, bias, activate)
            layers += [build_video_norm(layer_norm, after), activate()]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.channels_first = ChannelsFirst()
        self.independent_samples = norm != "batch" and not spectral_norm
        self.feature_size = widths[-1] * shortest * base.height * base.width
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps of clips (n, time, channels, height, width), flattened: (n, feature_size)."""
        return self.body(self.labels(self.channels_first(samples), cond))
