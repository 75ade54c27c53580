"""HiFi-GAN's generator: a vocoder, from log-mel spectrograms to waves."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import append_codes, initialise
from ganlab.layers.checks import check_at_least
from ganlab.layers.outputs import build_image_output
from ganlab.layers.receptive_fields import FusedFields, check_fields, same_length
from ganlab.layers.sound_shapes import SoundShape, sound_shape
from ganlab.layers.wave_convolution import Lengthening
from ganlab.layers.weight_norm import normalise_weights

EDGE_KERNEL = 7  # of the first and the last convolution


class HiFiGAN(nn.Module):
    """Transposed convolutions that lengthen a spectrogram, each before blocks of several kernels and dilations.

    Kong et al. 2020, section 2.2. The condition is a spectrogram (frames, bands), such as a log-mel one, and each of
    its frames becomes as many samples as the product of `rates`. What the frames have more than a sound, at most one of
    them, is cut off: frames around the samples 0, hop, … are one more. Channels halve from `width` with each rate.
    Latents, if there are any, are appended to all frames; latent=none is usual. Sounds of any length are made from
    spectrograms of any number of frames. Raises ValueError for a setting out of range, data that is no sound with a
    spectrogram as its condition, and rates whose product is not the samples per frame.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        width: int = 128,
        rates: Sequence[int] = (8, 8, 2, 2),
        kernels: Sequence[int] = (16, 16, 4, 4),
        residual_kernels: Sequence[int] = (3, 7, 11),
        dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        block: str = "paired",
        slope: float = 0.1,
        weight_norm: bool = True,
        init: str = "torch",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        shape = sound_shape(spec, "HiFiGAN", "generator")
        _check_rates(width, rates, kernels)
        check_fields(residual_kernels, dilations)
        bands, self.surplus = _spectrogram_shape(spec, shape, rates)
        widths = [width >> halvings for halvings in range(len(rates) + 1)]
        layers: list[nn.Module] = [same_length(bands + spec.latent, width, EDGE_KERNEL)]
        for before, after, kernel, rate in zip(widths, widths[1:], kernels, rates, strict=False):
            layers += [
                nn.LeakyReLU(slope),
                Lengthening(before, after, kernel, rate),
                FusedFields(after, residual_kernels, dilations, block, slope),
            ]
        layers += [nn.LeakyReLU(slope), same_length(widths[-1], shape.channels, EDGE_KERNEL)]
        self.body = nn.Sequential(*layers)
        self.output = build_image_output(output)
        initialise(self, init)
        if weight_norm:
            normalise_weights(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and spectrograms (n, frames, bands) to sounds (n, samples, channels)."""
        if cond is None:
            raise ValueError("HiFiGAN makes sounds from spectrograms, but it got no conditions")
        hidden = self.body(append_codes(cond, latents, 2).mT.unsqueeze(2))
        return self.output(hidden[..., : hidden.shape[-1] - self.surplus]).squeeze(2).mT


def _check_rates(width: int, rates: Sequence[int], kernels: Sequence[int]) -> None:
    check_at_least("the number of rates", len(rates), 1)
    if min(rates) < 2:
        raise ValueError(f"rates must all be at least 2, got {list(rates)}")
    if len(kernels) != len(rates):
        raise ValueError(f"kernels must have one value for each of {len(rates)} rates, got {len(kernels)}")
    if any(kernel < rate for kernel, rate in zip(kernels, rates, strict=True)):
        raise ValueError(
            f"kernels must each be at least their rate, so that no sample is skipped, got {list(kernels)} for the "
            f"rates {list(rates)}"
        )
    check_at_least("width", width, 2 ** len(rates))


def _spectrogram_shape(spec: Spec, shape: SoundShape, rates: Sequence[int]) -> tuple[int, int]:
    """Return the bands of the condition, and the samples that its frames have more than a sound."""
    hop = prod(rates)
    match spec.cond:
        case [int() as frames, int() as bands] if not spec.classes:
            surplus = frames * hop - shape.samples
            if 0 <= surplus <= hop:
                return bands, surplus
            raise ValueError(
                f"rates {list(rates)} make {hop} samples of each frame, {frames * hop} of {frames}, but a sound has "
                f"{shape.samples}; choose rates whose product is the hop of the spectrograms, "
                f"{round(shape.samples / frames)}"
            )
    described = "a class" if spec.classes else "none" if spec.cond is None else f"of shape {spec.cond}"
    raise ValueError(
        f"HiFiGAN makes sounds from spectrograms (frames, bands), but the data's condition is {described}; use data of "
        "such pairs, such as data=vocoder, or a generator of another kind, such as generator=wavegan"
    )
