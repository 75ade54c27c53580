"""The U-Net of pix2pix, from images to images."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_image_norm, initialise
from ganlab.layers.checks import check_at_least, check_one_of, check_share, check_widths
from ganlab.layers.dropout import Dropout
from ganlab.layers.image_shapes import ImageShape, check_sides, image_pair
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.norms import IMAGE_NORMS
from ganlab.layers.outputs import build_image_output

DROPOUT_BLOCKS = 3  # of the decoder, at most


class UNetTranslator(nn.Module):
    """An encoder and a decoder with a skip connection at each resolution (Isola et al. 2017, appendix 6.1.1).

    `depth` convolutions halve the sides, and as many transposed convolutions double them; 0 halves until the shorter
    side is 4 to 7 pixels or a side is odd, and at 256 pixels the paper has 8. Channels double from `width` up to
    `max_width`. `dropout` acts in the deepest half of the decoder, in at most three blocks, in training only. The first
    and the last layer of the encoder, and the last one of the decoder, have no normalisation. Raises ValueError for a
    setting out of range, samples of another size than the condition, and sides that are no multiples of 2^depth.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    scale = 1  # side of a sample / side of its condition

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 512,
        depth: int = 0,
        norm: str = "batch",
        dropout: float = 0.5,
        init: str = "dcgan",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        pair = image_pair(spec, "UNetTranslator")
        check_widths(width, max_width)
        check_share("dropout", dropout)
        check_one_of("norm", norm, IMAGE_NORMS)  # checked here, because a shallow network has none
        depth = _find_depth(pair.cond, depth)
        self.multiple = 1 << depth  # the sides of a condition are multiples of it
        self.join = JoinLatents(spec, "UNetTranslator")
        widths = [min(width << doubling, max_width) for doubling in range(depth)]
        inputs = [self.join.channels, *widths[:-1]]
        norms = [norm if 0 < index < depth - 1 else "none" for index in range(depth)]
        self.down = nn.ModuleList(
            _down_block(before, after, layer_norm, is_first=index == 0)
            for index, (before, after, layer_norm) in enumerate(zip(inputs, widths, norms, strict=True))
        )
        dropped = min(DROPOUT_BLOCKS, depth // 2)
        outputs = widths[-2::-1]
        joined = [widths[-1], *(2 * channels for channels in outputs)]  # with those of the skip connection
        self.up = nn.ModuleList(
            _up_block(before, after, norm, dropout if index < dropped else 0.0)
            for index, (before, after) in enumerate(zip(joined, outputs, strict=False))
        )
        self.last = nn.Sequential(
            nn.ReLU(), nn.ConvTranspose2d(joined[-1], pair.sample[0], 4, 2, 1), build_image_output(output)
        )
        initialise(self, init)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and images (n, channels, height, width) to images of the same size."""
        hidden = self.join(latents, cond)
        height, width = hidden.shape[2:]
        check_sides("UNetTranslator", height, width, self.multiple)
        skips = []
        for block in self.down:
            hidden = block(hidden)
            skips.append(hidden)
        hidden = skips.pop()
        for block in self.up:
            hidden = torch.cat([block(hidden), skips.pop()], 1)
        return self.last(hidden)


def _find_depth(shape: ImageShape, depth: int) -> int:
    """Return the number of halvings; raises ValueError if the images cannot be halved so often."""
    check_at_least("depth", depth, 0)
    _, height, width = shape
    possible = 0
    while height % 2 == 0 and width % 2 == 0:
        height, width, possible = height // 2, width // 2, possible + 1
    while not depth and possible > 1 and min(height, width) < 4:
        height, width, possible = 2 * height, 2 * width, possible - 1
    if not possible or depth > possible:
        need = f"depth={depth} halves the sides of images {depth} times" if depth else "UNetTranslator halves images"
        lower = "lower generator.depth, or " if depth > 1 else ""
        raise ValueError(
            f"{need}, which {shape[1]}x{shape[2]} allows {possible} times; {lower}resize the data to multiples of "
            f"{2 ** max(depth, 1)}"
        )
    return depth or possible


def _down_block(inputs: int, outputs: int, norm: str, is_first: bool) -> nn.Sequential:
    """Build a block that halves the sides; its input is also a skip connection, so nothing overwrites it."""
    activation = nn.Identity() if is_first else nn.LeakyReLU(0.2)
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=norm == "none")
    return nn.Sequential(activation, convolution, build_image_norm(norm, outputs))


def _up_block(inputs: int, outputs: int, norm: str, dropout: float) -> nn.Sequential:
    """Build a block that doubles the sides."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=norm == "none")
    layers = [nn.ReLU(), convolution, build_image_norm(norm, outputs)]
    return nn.Sequential(*layers, Dropout(dropout)) if dropout else nn.Sequential(*layers)
