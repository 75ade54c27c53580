"""The critic of R3GAN."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers import ClassLabels, build_head, pyramid, sample_shape
from ganlab.layers.fixup import FixupBlock, bare_convolution, scaled_normal
from ganlab.layers.options import at_least
from ganlab.layers.resampling import Downsample

FILTER = (1, 3, 3, 1)


class R3GAN(nn.Module):
    """Grouped residual blocks without normalisation (Huang et al. 2024, section 3), the mirror of the generator.

    Sides are 4 to 15 times a power of two. Channels double from `width` on, up to `max_width`; `width` None is the
    paper's, 24576 / shorter side. With labels, the logit is the last features' product with the class's embedding.
    Raises ValueError for an option out of range or another resolution.
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
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "R3GAN", "discriminator", self.sample_dims)
        base = pyramid(shape, "R3GAN")
        width = 24576 // min(shape[1:]) if width is None else width
        options = {"width": width, "max_width": max_width, "blocks": blocks, "group_width": group_width}
        for name, value in options.items():
            at_least(name, value, 1)
        channels = [min(width << step, max_width) for step in range(base.steps + 1)]
        last, total = channels[-1], blocks * len(channels)
        layers: list[nn.Module] = [bare_convolution(shape[0], channels[0], 1)]
        for before, after in pairwise(channels):
            layers += [*(FixupBlock(before, group_width, total) for _ in range(blocks)), Downsample(FILTER)]
            layers += [] if before == after else [bare_convolution(before, after, 1)]
        layers += [FixupBlock(last, group_width, total) for _ in range(blocks)]
        # One number of each channel: a weighted sum over its positions.
        basis = nn.Conv2d(last, last, (base.height, base.width), groups=last, bias=False)
        dense = nn.Linear(last, last if spec.classes else 1, bias=False)
        scaled_normal(basis.weight)
        scaled_normal(dense.weight)
        self.body = nn.Sequential(*layers, basis, nn.Flatten(), dense)
        self.labels = ClassLabels(spec)
        self.embed = nn.Linear(spec.classes, last, bias=False) if spec.classes else nn.Identity()
        for weight in self.embed.parameters():
            scaled_normal(weight, last**-0.5)
        self.classes, self.head = spec.classes, build_head(head, beta)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map images (n, channels, height, width) and labels (n,) to logits (n,)."""
        features = self.body(samples)
        if self.classes:
            codes = self.embed(self.labels(features[:, :0], cond))
            features = (features * codes).sum(1, keepdim=True)
        return self.head(features)
