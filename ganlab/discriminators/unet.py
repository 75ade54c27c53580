"""A critic of whole images and of every pixel."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.interfaces import Spec, Verdict
from ganlab.layers import build_head, initialise, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.options import at_least
from ganlab.layers.projection import Projection
from ganlab.layers.residual import Style, first_block, up_block
from ganlab.layers.wide import wide_down_block

STYLE = Style("none", "relu", 0.2)


class UNet(nn.Module):
    """An encoder that judges the image, and a decoder, linked to it, that judges its pixels (Schönfeld et al. 2020).

    Sides are 4 to 15 times a power of two. Channels double from `width` on, up to `max_width`. Both judge labels by
    projection. The logits have the shape (n, 2, pixels), the image's repeated: a mean over them is half the sum of the
    two losses of the paper's eqs. 3 and 4. `extra` has them apart, `image` (n,) and `pixels` (n, height, width). Raises
    ValueError for an option out of range or another resolution.
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
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "UNet", "discriminator", self.sample_dims)
        steps = pyramid(shape, "UNet").steps
        at_least("width", width, 1)
        at_least("max_width", max_width, 1)
        widths = [min(width << doubling, max_width) for doubling in range(steps)]
        self.down = nn.ModuleList(
            [first_block(shape[0], widths[0], STYLE), *(wide_down_block(*pair) for pair in pairwise(widths))]
        )
        outputs = [*reversed(widths[:-1]), widths[0]]
        inputs = [widths[-1], *(2 * each for each in outputs[:-1])]
        self.up = nn.ModuleList(up_block(*pair, STYLE) for pair in zip(inputs, outputs, strict=True))
        self.of_image, self.of_pixels = Projection(spec, widths[-1]), Projection(spec, outputs[-1])
        self.head = build_head(head, beta)
        initialise(self, "orthogonal")
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Verdict:
        """Judge images (n, channels, height, width) with labels (n,)."""
        maps = [samples]
        for block in self.down:
            maps.append(block(maps[-1]))
        image = self.of_image(torch.relu(maps[-1]).sum((2, 3)), cond)
        hidden = maps.pop()
        for block in self.up:
            hidden = block(hidden)
            links = maps.pop()
            hidden = torch.cat([hidden, links], 1) if maps else hidden
        pixels = self.of_pixels(hidden.movedim(1, -1), cond).squeeze(-1)
        flat = pixels.flatten(1)
        logits = self.head(torch.stack([image.expand_as(flat), flat], 1))
        return Verdict(logits, extra={"image": image.squeeze(1), "pixels": pixels})
