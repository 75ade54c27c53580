"""The residual network of CycleGAN, from images to images."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_image_norm, initialise
from ganlab.layers.checks import check_at_least, check_share
from ganlab.layers.dropout import Dropout
from ganlab.layers.image_shapes import check_sides, image_pair
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.outputs import build_image_output
from ganlab.layers.residual import Residual

HALVINGS = 2
LAST_ENCODED = 5  # the residual block whose output is the last that `encode` shows


class ResNetTranslator(nn.Module):
    """Residual blocks at a quarter of the resolution (Johnson et al. 2016; Zhu et al. 2017, CycleGAN, appendix 7.2).

    A 7×7 convolution, two that halve the sides, `blocks` residual blocks, two transposed convolutions and a 7×7
    convolution; images are padded by reflection. Channels are `width`, twice and four times as many. The papers have 6
    blocks at 128 pixels and 9 at 256. Raises ValueError for a setting out of range, samples of another size than the
    condition, and sides below 8 pixels or no multiples of 4.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    scale = 1  # side of a sample / side of its condition
    multiple = 1 << HALVINGS  # the sides of a condition are multiples of it

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        blocks: int = 9,
        norm: str = "instance",
        dropout: float = 0.0,
        init: str = "dcgan",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        pair = image_pair(spec, "ResNetTranslator")
        check_at_least("width", width, 1)
        check_at_least("blocks", blocks, 0)
        check_share("dropout", dropout)
        _check_size(*pair.cond[1:])
        self.join = JoinLatents(spec, "ResNetTranslator")
        widths = [width << doubling for doubling in range(HALVINGS + 1)]
        layers = _reflected_convolution(self.join.channels, width, 7, norm)
        encoded = []  # the positions of the layers whose output `encode` shows, each after an activation or a sum
        for before, after in pairwise(widths):
            layers += _normalised(nn.Conv2d(before, after, 3, 2, 1, bias=norm == "none"), norm)
            encoded.append(len(layers) - 1)
        encoded += [len(layers) + block for block in sorted({0, min(LAST_ENCODED, blocks) - 1}) if 0 <= block < blocks]
        self.encoded_layers = tuple(encoded)
        self.encoded_channels = (self.join.channels, *widths[1:], *[widths[-1]] * (len(encoded) - HALVINGS))
        layers += [_residual_block(widths[-1], norm, dropout) for _ in range(blocks)]
        for before, after in pairwise(widths[::-1]):
            layers += _normalised(nn.ConvTranspose2d(before, after, 3, 2, 1, 1, bias=norm == "none"), norm)
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, pair.sample[0], 7), build_image_output(output)]
        self.body = nn.Sequential(*layers)
        initialise(self, init)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and images (n, channels, height, width) to images of the same size."""
        images = self.join(latents, cond)
        _check_size(*images.shape[2:])
        return self.body(images)

    def encode(self, latents: Tensor, cond: Tensor | None = None) -> list[Tensor]:
        """Return the input, and the maps after each halving, the first and the fifth block (Park et al. 2020, CUT)."""
        values = self.join(latents, cond)
        maps = [values]
        for number, layer in enumerate(self.body[: self.encoded_layers[-1] + 1]):
            values = layer(values)
            if number in self.encoded_layers:
                maps.append(values)
        return maps


def _check_size(height: int, width: int) -> None:
    check_sides("ResNetTranslator", height, width, ResNetTranslator.multiple)
    if min(height, width) < 8:
        raise ValueError(f"ResNetTranslator needs images of at least 8x8, got {height}x{width}; enlarge them")


def _normalised(convolution: nn.Conv2d | nn.ConvTranspose2d, norm: str) -> list[nn.Module]:
    return [convolution, build_image_norm(norm, convolution.out_channels), nn.ReLU(inplace=True)]


def _reflected_convolution(inputs: int, outputs: int, kernel: int, norm: str) -> list[nn.Module]:
    """Build a convolution that preserves the size, after padding by reflection, and what follows it."""
    convolution = nn.Conv2d(inputs, outputs, kernel, bias=norm == "none")
    return [nn.ReflectionPad2d(kernel // 2), *_normalised(convolution, norm)]


def _residual_block(channels: int, norm: str, dropout: float) -> Residual:
    """Build a block of two convolutions; no activation follows the sum."""
    first = _reflected_convolution(channels, channels, 3, norm)
    later = _reflected_convolution(channels, channels, 3, norm)[:-1]
    between = [Dropout(dropout)] if dropout else []
    return Residual(nn.Identity(), nn.Sequential(*first, *between, *later))
