"""R3GAN's discriminator."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import DenseHeadDiscriminator, build_head, label_specs, pyramid, sample_shape
from ganlab.layers.checks import check_at_least, check_widths
from ganlab.layers.class_projection import ClassProduct, NoProjection
from ganlab.layers.fixup import FixupBlock, bare_convolution, scaled_normal_
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.labels import LabelEmbedding
from ganlab.layers.resampling import Downsample

FILTER = (1, 3, 3, 1)


class R3GAN(DenseHeadDiscriminator):
    """Grouped residual blocks without normalisation (Huang et al. 2024, section 3), the mirror of the generator.

    Sides are 4 to 15 times a power of two. Channels double from `width` up to `max_width`; `width` None is the paper's
    24576 / shorter side. `labels` None is the paper's projection: the logit is the inner product of the last dense
    layer and the class embedding. Raises ValueError for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int | None = None,
        max_width: int = 768,
        blocks: int = 2,
        group_width: int = 16,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "R3GAN", "discriminator", self.sample_dims)
        base = pyramid(shape, "R3GAN")
        check_widths(width, max_width)
        width = 24576 // min(shape[1:]) if width is None else width
        settings = {"width": width, "blocks": blocks, "group_width": group_width}
        for name, value in settings.items():
            check_at_least(name, value, 1)
        channels = [min(width << step, max_width) for step in range(base.steps + 1)]
        last, total = channels[-1], blocks * len(channels)
        specs = label_specs(labels, spec, "projection", "concat")
        self.labels = build_condition_channels(specs["concat"])
        layers: list[nn.Module] = [bare_convolution(shape[0] + self.labels.width, channels[0], 1)]
        for before, after in pairwise(channels):
            layers += [*(FixupBlock(before, group_width, total) for _ in range(blocks)), Downsample(FILTER)]
            if before != after:
                layers.append(bare_convolution(before, after, 1))
        layers += [FixupBlock(last, group_width, total) for _ in range(blocks)]
        # A learnt weighted sum over the positions of each channel.
        basis = nn.Conv2d(last, last, (base.height, base.width), groups=last, bias=False)
        projection = specs["projection"]
        dense = nn.Linear(last, last if projection.classes else 1, bias=False)
        scaled_normal_(basis.weight)
        scaled_normal_(dense.weight)
        self.body = nn.Sequential(*layers, basis, nn.Flatten())
        self.independent_samples = True
        self.feature_size = last
        self.head = nn.Sequential(dense, build_head(head, beta))
        self.projection = ClassProduct(LabelEmbedding(projection, last)) if projection.classes else NoProjection()
        for weight in self.projection.parameters():
            scaled_normal_(weight, last**-0.5)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the weighted sum over the positions of each last channel: (n, feature_size)."""
        return self.body(self.labels(samples, cond))
