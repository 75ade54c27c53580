"""HiFi-GAN's multi-period discriminator of sound."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, final

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers import DiscriminatorEnsemble, build_head, initialise
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.sound_shapes import sound_shape
from ganlab.layers.wave_patches import WavePatches
from ganlab.layers.weight_norm import normalise_weights

SLOPE = 0.1
KERNEL, STRIDE = 5, 3  # over every `period`th sample


class MultiPeriod(DiscriminatorEnsemble):
    """Discriminators of every `period`th sample, for several periods (Kong et al. 2020, section 2.3, MPD).

    Each one lays a sound out in rows of `period` samples and convolves along the columns: `layers` convolutions of
    stride 3 and one of stride 1, with channels that grow fourfold from `width` up to `max_width`. The logits of all
    periods count equally. `labels` is concat, projection or none; None is concat for data with classes, and none for
    others. Raises ValueError for a setting out of range or samples that are no sound.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        width: int = 32,
        max_width: int = 1024,
        layers: int = 4,
        weight_norm: bool = True,
        init: str = "torch",
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        shape = sound_shape(spec, "MultiPeriod", "discriminator")
        check_widths(width, max_width)
        check_at_least("layers", layers, 1)
        check_at_least("the number of periods", len(periods), 1)
        if len({*periods}) < len(periods) or min(periods) < 1:
            raise ValueError(f"periods must be different numbers of samples, 1 or more, got {list(periods)}")
        if max(periods) > shape.samples // 2:
            raise ValueError(
                f"periods must be at most half of the {shape.samples} samples of a sound, got {max(periods)}; leave it "
                "out"
            )
        widths = [min(width * 4**layer, max_width) for layer in range(layers + 1)]
        super().__init__(
            {str(period): _Period(spec, period, widths, labels) for period in periods}, build_head(head, beta)
        )
        initialise(self, init)
        if weight_norm:
            normalise_weights(self)

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each discriminator with all sounds (n, samples, channels)."""
        for network in self.critics.values():
            yield network, samples


@final
class _Period(WavePatches):
    """The discriminator of one period."""

    def __init__(self, spec: Spec, period: int, widths: Sequence[int], labels: str | None) -> None:
        super().__init__(spec, labels)
        self.period = period
        inputs = [spec.sample[1] + self.labels.width, *widths]  # type: ignore[index]
        strides = [STRIDE] * (len(widths) - 1) + [1]
        blocks = [
            nn.Sequential(nn.Conv2d(before, after, (KERNEL, 1), (stride, 1), (KERNEL // 2, 0)), nn.LeakyReLU(SLOPE))
            for before, after, stride in zip(inputs, widths, strides, strict=False)
        ]
        last = nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0))
        self.add_layers(blocks, widths[-1], last, nn.Identity())

    def layout(self, samples: Tensor) -> Tensor:
        """Return sounds (n, samples, channels) as maps (n, channels, rows, period), continued by reflection."""
        missing = -samples.shape[1] % self.period
        return functional.pad(samples.mT, (0, missing), mode="reflect").unflatten(2, (-1, self.period))
