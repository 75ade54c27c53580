"""StyleGAN2's discriminator."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import DenseHeadDiscriminator, build_head, label_specs, pyramid, sample_shape
from ganlab.layers.checks import check_widths, look_up
from ganlab.layers.class_projection import ClassProduct, NoProjection
from ganlab.layers.equalised import EqualisedConv2d, EqualisedLinear, ScaledLeakyReLU
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.minibatch_std import MinibatchDeviation
from ganlab.layers.resampling import Blur, Downsample
from ganlab.layers.styled import Mapping as LabelMapping

LABEL_LAYERS, LABEL_RATE = 8, 0.01


def _plain_block(before: int, after: int, taps: Sequence[float]) -> nn.Sequential:
    return nn.Sequential(
        EqualisedConv2d(before, before, 3),
        ScaledLeakyReLU(),
        Blur(taps, len(taps) // 2),
        EqualisedConv2d(before, after, 3, stride=2, padding=0),
        ScaledLeakyReLU(),
    )


class _ResidualBlock(nn.Module):
    """The sum of both paths, divided by √2 to preserve the variance."""

    def __init__(self, before: int, after: int, taps: Sequence[float]) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(Downsample(taps), EqualisedConv2d(before, after, 1, bias=False))
        self.residual = _plain_block(before, after, taps)

    def forward(self, images: Tensor) -> Tensor:
        return (self.shortcut(images) + self.residual(images)) * 0.5**0.5


BLOCKS: Mapping[str, Callable[[int, int, Sequence[float]], nn.Module]] = {
    "residual": _ResidualBlock,
    "plain": _plain_block,
}


class StyleGAN2(DenseHeadDiscriminator):
    """Residual blocks with filtered halvings and equalised learning rates (Karras et al. 2020, section 4.1).

    Sides are 4 to 15 times a power of two. Channels double from `width` up to `max_width`; `width` None is the paper's
    32768 / shorter side. The last convolution also reads the standard deviation over `group` samples. `labels` None is
    the paper's projection: the logit is the inner product of the last dense layer and a direction that a mapping
    network computes from the label. Raises ValueError for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        max_width: int = 512,
        blocks: str = "residual",
        group: int = 4,
        filter: Sequence[float] = (1, 3, 3, 1),
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "StyleGAN2", "discriminator", self.sample_dims)
        base = pyramid(shape, "StyleGAN2")
        check_widths(width, max_width)
        width = 32768 // min(shape[1:]) if width is None else width
        channels = [min(width << step, max_width) for step in range(base.steps + 1)]
        last = channels[-1]
        build = look_up("blocks", blocks, BLOCKS)
        specs = label_specs(labels, spec, "projection", "concat")
        self.labels = build_condition_channels(specs["concat"])
        self.body = nn.Sequential(
            EqualisedConv2d(shape[0] + self.labels.width, channels[0], 1),
            ScaledLeakyReLU(),
            *(build(before, after, filter) for before, after in pairwise(channels)),
            MinibatchDeviation(group),
            EqualisedConv2d(last + 1, last, 3),
            ScaledLeakyReLU(),
            nn.Flatten(),
            EqualisedLinear(last * base.height * base.width, last),
            ScaledLeakyReLU(),
        )
        self.feature_size = last
        projection = specs["projection"]
        dense = EqualisedLinear(last, last if projection.classes else 1)
        self.head = nn.Sequential(dense, build_head(head, beta))
        self.projection = _build_label_projection(projection, last) if projection.classes else NoProjection()

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last hidden layer: (n, feature_size)."""
        return self.body(self.labels(samples, cond))


def _build_label_projection(spec: Spec, size: int) -> ClassProduct:
    return ClassProduct(LabelMapping(spec, 0, size, LABEL_LAYERS, LABEL_RATE), size**-0.5)
