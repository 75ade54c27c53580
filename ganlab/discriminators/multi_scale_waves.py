"""The multi-scale discriminator of sound of MelGAN and HiFi-GAN."""

from collections.abc import Iterator
from math import gcd
from typing import ClassVar, final

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers import DiscriminatorEnsemble, build_head, initialise, normalise_spectrally
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.sound_shapes import sound_shape
from ganlab.layers.wave_patches import WavePatches
from ganlab.layers.weight_norm import normalise_weights

SLOPE = 0.1
# Kernel, stride, channels as a multiple of the width, and groups of each convolution (Kong et al. 2020, appendix B).
LAYERS = ((15, 1, 1, 1), (41, 2, 1, 4), (41, 2, 2, 16), (41, 4, 4, 16), (41, 4, 8, 16), (41, 1, 8, 16), (5, 1, 8, 1))


class MultiScaleWaves(DiscriminatorEnsemble):
    """Discriminators of a sound at its rate, half of it, … (Kumar et al. 2019, MelGAN; Kong et al. 2020, MSD).

    Average pooling over 4 samples halves the rate. Channels grow from `width` up to `max_width`; convolutions have the
    groups of HiFi-GAN, or the most that divide narrower channels. The logits of all scales count equally.
    `spectral_norm` normalises the first scale spectrally, as HiFi-GAN does; `weight_norm` the weights of the others.
    `labels` is concat, projection or none; None is concat for data with classes, and none for others. Raises ValueError
    for a setting out of range or samples that are no sound, or too short.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        scales: int = 3,
        width: int = 128,
        max_width: int = 1024,
        weight_norm: bool = True,
        spectral_norm: bool = True,
        init: str = "torch",
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        shape = sound_shape(spec, "MultiScaleWaves", "discriminator")
        check_widths(width, max_width)
        check_at_least("scales", scales, 1)
        if shape.samples < 2**scales:
            raise ValueError(
                f"MultiScaleWaves halves a sound {scales - 1} times, which {shape.samples} samples do not allow; lower "
                "discriminator.scales"
            )
        networks = {str(number): _Scale(spec, width, max_width, labels) for number in range(scales)}
        super().__init__(networks, build_head(head, beta))
        initialise(self, init)
        for number, network in networks.items():
            if spectral_norm and number == "0":
                normalise_spectrally(network)
            elif weight_norm:
                normalise_weights(network)

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each discriminator with the sounds (n, samples, channels) at its rate."""
        for network in self.critics.values():
            yield network, samples
            samples = functional.avg_pool1d(samples.mT, 4, 2, 2, count_include_pad=False).mT


@final
class _Scale(WavePatches):
    """The discriminator of one scale."""

    def __init__(self, spec: Spec, width: int, max_width: int, labels: str | None) -> None:
        super().__init__(spec, labels)
        blocks, before = [], spec.sample[1] + self.labels.width  # type: ignore[index]
        for kernel, stride, multiple, most_groups in LAYERS:
            after = min(multiple * width, max_width)
            groups = gcd(most_groups, before, after)
            convolution = nn.Conv2d(before, after, (1, kernel), (1, stride), (0, kernel // 2), groups=groups)
            blocks.append(nn.Sequential(convolution, nn.LeakyReLU(SLOPE)))
            before = after
        self.add_layers(blocks, before, nn.Conv2d(before, 1, (1, 3), padding=(0, 1)), nn.Identity())

    def layout(self, samples: Tensor) -> Tensor:
        """Return sounds (n, samples, channels) as maps (n, channels, 1, samples)."""
        return samples.mT.unsqueeze(2)
