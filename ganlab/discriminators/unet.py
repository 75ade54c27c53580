"""A U-Net discriminator, with logits for the whole image and for every pixel."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import (
    FeatureDiscriminator,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_widths
from ganlab.layers.class_projection import Projection
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.residual import BlockStyle, first_block, up_block, wide_down_block

STYLE = BlockStyle("none", "relu", 0.2)


class UNet(FeatureDiscriminator):
    """A U-Net whose encoder has a logit for the image and whose decoder has one per pixel (Schönfeld et al. 2020).

    Sides are 4 to 15 times a power of two. Channels double from `width` up to `max_width`. `labels` None is a class
    projection for both kinds of logits. The features are those of the encoder.

    The logits have the shape (n, 2, pixels), with the image's logit repeated, so their mean is half the sum of the two
    losses in the paper's eqs. 3 and 4. `extra` holds them separately: `image` (n,) and `pixels` (n, height, width).
    Raises ValueError for a setting out of range or an unsupported resolution.
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
        check_widths(width, max_width)
        widths = [min(width << doubling, max_width) for doubling in range(steps)]
        specs = label_specs(labels, spec, "projection", "concat")
        self.labels = build_condition_channels(specs["concat"])
        self.down = nn.ModuleList(
            [
                first_block(shape[0] + self.labels.width, widths[0], STYLE),
                *(wide_down_block(*pair) for pair in pairwise(widths)),
            ]
        )
        outputs = [*reversed(widths[:-1]), widths[0]]
        inputs = [widths[-1], *(2 * channels for channels in outputs[:-1])]
        self.up = nn.ModuleList(up_block(*pair, STYLE) for pair in zip(inputs, outputs, strict=True))
        self.feature_size = widths[-1]
        self.of_image, self.of_pixels = (
            Projection(specs["projection"], features) for features in (widths[-1], outputs[-1])
        )
        self.head = build_head(head, beta)
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Map images (n, channels, height, width) and labels (n,) to logits (n, 2, pixels) and features."""
        return self.discriminate(samples, cond)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the encoder's last feature maps, summed over all positions: (n, feature_size)."""
        return _sum_positions(self._encode(samples, cond))

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        maps = self._encode(samples, cond)
        features = _sum_positions(maps)
        image = self.of_image(features, cond)
        hidden = maps.pop()
        for block in self.up:
            hidden = block(hidden)
            skip = maps.pop()
            hidden = torch.cat([hidden, skip], 1) if maps else hidden
        pixels = self.of_pixels(hidden.movedim(1, -1), cond).squeeze(-1)
        flat = pixels.flatten(1)
        logits = self.head(torch.stack([image.expand_as(flat), flat], 1))
        return DiscriminatorOutput(logits, (features,), {"image": image.squeeze(1), "pixels": pixels})

    def remove_head(self) -> None:
        """Remove the decoder and the output layers."""
        del self.up, self.of_image, self.of_pixels, self.head

    def _encode(self, samples: Tensor, cond: Tensor | None) -> list[Tensor]:
        """Return the input of each block of the encoder, and the output of the last block."""
        maps = [self.labels(samples, cond)]
        for block in self.down:
            maps.append(block(maps[-1]))
        return maps


def _sum_positions(maps: list[Tensor]) -> Tensor:
    return torch.relu(maps[-1]).sum((2, 3))
