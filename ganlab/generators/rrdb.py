"""The generator of ESRGAN, for super-resolution and other enhancements of images."""

from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import initialise
from ganlab.layers.checks import check_at_least
from ganlab.layers.enlargement import build_pixel_shuffle, build_skip
from ganlab.layers.image_shapes import image_pair
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.outputs import build_image_output
from ganlab.layers.residual import Residual
from ganlab.layers.residual_dense import SLOPE, ResidualDenseBlock

FIRST_WEIGHTS = 0.1  # factor on the initial weights of the blocks (section 3.1)


class RRDB(nn.Module):
    """Residual-in-residual dense blocks without normalisation, then pixel shuffle (Wang et al. 2018, ESRGAN).

    Each of the `blocks` has three dense blocks of five convolutions, which add `growth` channels each. The sample's
    sides are 1, 2, 4 or 8 times the condition's, which the data decides; with 1, the same layers without pixel shuffle
    remove noise, fill holes or add colours. With `skip` bicubic, the network adds its output to the enlarged condition,
    which the paper's does not. Raises ValueError for a setting out of range or another ratio of sides.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    multiple = 1  # any sides

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        blocks: int = 23,
        growth: int = 32,
        skip: str = "bicubic",
        init: str = "he",
        output: str = "clamp",
    ) -> None:
        super().__init__()
        pair = image_pair(spec, "RRDB", (1, 2, 4, 8))
        for name, value in (("width", width), ("blocks", blocks), ("growth", growth)):
            check_at_least(name, value, 1)
        self.scale = pair.scale  # side of a sample / side of its condition
        self.join = JoinLatents(spec, "RRDB")
        self.first = nn.Conv2d(self.join.channels, width, 3, padding=1)
        dense = [ResidualDenseBlock(width, growth) for _ in range(blocks)]
        self.body = Residual(nn.Identity(), nn.Sequential(*dense, nn.Conv2d(width, width, 3, padding=1)))
        activation = partial(nn.LeakyReLU, SLOPE)
        self.enlarge = build_pixel_shuffle(width, pair.scale, activation)
        self.last = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), activation(), nn.Conv2d(width, pair.sample[0], 3, padding=1)
        )
        self.skip = build_skip(skip, pair.sample[0], pair.scale)
        self.output = build_image_output(output)
        initialise(self, init)
        with torch.no_grad():
            for weight in (weight for block in dense for weight in block.parameters()):
                weight.mul_(FIRST_WEIGHTS)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and images (n, channels, height, width) to images of `scale` times the size."""
        details = self.last(self.enlarge(self.body(self.first(self.join(latents, cond)))))
        return self.output(self.skip(details, cond))
