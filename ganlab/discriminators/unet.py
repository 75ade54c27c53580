"""A critic of whole images and of every pixel."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import (
    ClassLabels,
    FeatureDiscriminator,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import at_least
from ganlab.layers.class_projection import Projection
from ganlab.layers.residual import Style, first_block, up_block, wide_down_block

STYLE = Style("none", "relu", 0.2)


class UNet(FeatureDiscriminator):
    """An encoder that judges the image, and a decoder, linked to it, that judges its pixels (Schönfeld et al. 2020).

    Sides are 4 to 15 times a power of two. Channels double from `width` on, up to `max_width`. `labels` None is
    projection, in both judgements. The features are those of the image. The logits have the shape (n, 2, pixels), the
    image's repeated: a mean over them is half the sum of the two losses of the paper's eqs. 3 and 4. `extra` has them
    apart, `image` (n,) and `pixels` (n, height, width). Raises ValueError for an option out of range or another
    resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 1024,
        spectral_norm: bool = True,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "UNet", "discriminator", self.sample_dims)
        steps = pyramid(shape, "UNet").steps
        at_least("width", width, 1)
        at_least("max_width", max_width, 1)
        widths = [min(width << doubling, max_width) for doubling in range(steps)]
        seen = label_specs(labels, spec, "projection", "concat")
        self.labels = ClassLabels(seen["concat"])
        self.down = nn.ModuleList(
            [
                first_block(shape[0] + self.labels.width, widths[0], STYLE),
                *(wide_down_block(*pair) for pair in pairwise(widths)),
            ]
        )
        outputs = [*reversed(widths[:-1]), widths[0]]
        inputs = [widths[-1], *(2 * each for each in outputs[:-1])]
        self.up = nn.ModuleList(up_block(*pair, STYLE) for pair in zip(inputs, outputs, strict=True))
        self.feature_size = widths[-1]
        self.of_image, self.of_pixels = (Projection(seen["projection"], each) for each in (widths[-1], outputs[-1]))
        self.head = build_head(head, beta)
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Judge images (n, channels, height, width) with labels (n,)."""
        return self.discriminate(samples, cond)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the sum of the encoder's last maps over all positions."""
        return _summed(self._maps(samples, cond))

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits with the features."""
        maps = self._maps(samples, cond)
        features = _summed(maps)
        image = self.of_image(features, cond)
        hidden = maps.pop()
        for block in self.up:
            hidden = block(hidden)
            links = maps.pop()
            hidden = torch.cat([hidden, links], 1) if maps else hidden
        pixels = self.of_pixels(hidden.movedim(1, -1), cond).squeeze(-1)
        flat = pixels.flatten(1)
        logits = self.head(torch.stack([image.expand_as(flat), flat], 1))
        return DiscriminatorOutput(logits, (features,), {"image": image.squeeze(1), "pixels": pixels})

    def remove_head(self) -> None:
        """Drop the decoder and both judgements."""
        del self.up, self.of_image, self.of_pixels, self.head

    def _maps(self, samples: Tensor, cond: Tensor | None) -> list[Tensor]:
        """Return the input of every block of the encoder, and the output of the last."""
        maps = [self.labels(samples, cond)]
        for block in self.down:
            maps.append(block(maps[-1]))
        return maps


def _summed(maps: list[Tensor]) -> Tensor:
    return torch.relu(maps[-1]).sum((2, 3))
