"""WaveGAN's generator of sound."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    build_activation,
    build_generator_labels,
    build_image_norm,
    initialise,
    latent_size,
    normalise_spectrally,
)
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.outputs import build_image_output
from ganlab.layers.sound_shapes import sound_shape, wave_pyramid
from ganlab.layers.wave_convolution import build_lengthening


class WaveGAN(nn.Module):
    """Transposed convolutions over time that multiply the length by `stride` (Donahue et al. 2019, table 3).

    A dense layer produces 8 to 8 · stride − 1 positions. Channels halve from layer to layer, from at most `max_width`
    down to `width`. `upsampling` is transposed, or nearest for repeated values before a convolution. `post_filter`
    above 0 appends a learned filter of so many samples to the output, equal for all sounds (appendix A.2), so samples
    are then unbounded. Raises ValueError for a setting out of range, samples that are no sound, or a length that is no
    multiple of a power of `stride`.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 1024,
        kernel: int = 25,
        stride: int = 4,
        upsampling: str = "transposed",
        post_filter: int = 0,
        norm: str = "none",
        activation: str = "relu",
        slope: float = 0.2,
        init: str = "xavier",
        spectral_norm: bool = False,
        labels: str = "concat",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        shape = sound_shape(spec, "WaveGAN", "generator")
        check_widths(width, max_width)
        check_at_least("post_filter", post_filter, 0)
        check_at_least("stride", stride, 2)
        base = wave_pyramid(shape.samples, stride, "WaveGAN")
        widths = [min(width << halving, max_width) for halving in reversed(range(base.steps))]
        self.labels = build_generator_labels(labels, spec)
        self.project = nn.Sequential(
            nn.Linear(latent_size(spec, "WaveGAN") + self.labels.width, widths[0] * base.positions, norm == "none"),
            nn.Unflatten(1, (widths[0], 1, base.positions)),
            build_image_norm(norm, widths[0]),
            build_activation(activation, slope),
        )
        layers: list[nn.Module] = []
        for before, after in zip(widths, [*widths[1:], shape.channels], strict=True):
            bias = norm == "none" or len(layers) == 3 * (base.steps - 1)
            layers += [
                build_lengthening(upsampling, before, after, kernel, stride, bias),
                build_image_norm(norm, after),
                build_activation(activation, slope),
            ]
        layers[-2:] = [build_image_output(output), _build_filter(shape.channels, post_filter)]
        self.body = nn.Sequential(*layers)
        initialise(self, init)
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to sounds (n, samples, channels)."""
        return self.body(self.project(self.labels(latents, cond))).squeeze(2).mT


def _build_filter(channels: int, size: int) -> nn.Module:
    """Build a filter of each channel, which preserves the length; the identity for size 0."""
    if not size:
        return nn.Identity()
    left = (size - 1) // 2
    return nn.Sequential(
        nn.ZeroPad2d((left, size - 1 - left, 0, 0)), nn.Conv2d(channels, channels, (1, size), groups=channels)
    )
