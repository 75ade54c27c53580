"""The generator of SRGAN, for super-resolution and other enhancements of images."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_image_norm, initialise
from ganlab.layers.checks import check_at_least
from ganlab.layers.enlargement import build_pixel_shuffle, build_skip
from ganlab.layers.image_shapes import image_pair
from ganlab.layers.join_latents import JoinLatents
from ganlab.layers.outputs import build_image_output
from ganlab.layers.residual import Residual

ENCODED_BLOCKS = 4  # whose output `encode` shows, for contrastive losses


class SRResNet(nn.Module):
    """Residual blocks at the condition's resolution, then pixel shuffle (Ledig et al. 2017, SRGAN, figure 4).

    The sample's sides are 1, 2, 4 or 8 times the condition's, which the data decides; with 1, the same layers without
    pixel shuffle remove noise, fill holes or add colours. With `skip` bicubic, the network adds its output to the
    enlarged condition, which the paper's does not. `norm` none trains faster and more stably than the paper's batch
    (Lim et al. 2017). Raises ValueError for a setting out of range or another ratio of sides.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)
    multiple = 1  # any sides

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        blocks: int = 16,
        kernel: int = 9,
        norm: str = "none",
        skip: str = "bicubic",
        init: str = "torch",
        output: str = "clamp",
    ) -> None:
        super().__init__()
        pair = image_pair(spec, "SRResNet", (1, 2, 4, 8))
        check_at_least("width", width, 1)
        check_at_least("blocks", blocks, 0)
        _check_kernel(kernel)
        self.scale = pair.scale  # side of a sample / side of its condition
        self.join = JoinLatents(spec, "SRResNet")
        self.first = nn.Sequential(nn.Conv2d(self.join.channels, width, kernel, padding=kernel // 2), nn.PReLU())
        chain = [_residual_block(width, norm) for _ in range(blocks)]
        self.body = Residual(nn.Identity(), nn.Sequential(*chain, *_convolution(width, norm)))
        self.encoded_blocks = chain[:ENCODED_BLOCKS]  # a plain list, because they are registered in the body
        self.encoded_channels = (self.join.channels, *[width] * (1 + min(blocks, ENCODED_BLOCKS)))
        self.enlarge = build_pixel_shuffle(width, pair.scale, nn.PReLU)
        self.last = nn.Conv2d(width, pair.sample[0], kernel, padding=kernel // 2)
        self.skip = build_skip(skip, pair.sample[0], pair.scale)
        self.output = build_image_output(output)
        initialise(self, init)
        self.skip.weaken(self.last)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and images (n, channels, height, width) to images of `scale` times the size."""
        details = self.last(self.enlarge(self.body(self.first(self.join(latents, cond)))))
        return self.output(self.skip(details, cond))

    def encode(self, latents: Tensor, cond: Tensor | None = None) -> list[Tensor]:
        """Return the input, and the maps after the first convolution and after each of the first blocks."""
        values = self.join(latents, cond)
        maps = [values, self.first(values)]
        for block in self.encoded_blocks:
            maps.append(block(maps[-1]))
        return maps


def _check_kernel(kernel: int) -> None:
    check_at_least("kernel", kernel, 1)
    if kernel % 2 == 0:
        raise ValueError(f"kernel must be odd to keep the resolution, got {kernel}; use 3, 5 or 9")


def _convolution(channels: int, norm: str) -> list[nn.Module]:
    return [nn.Conv2d(channels, channels, 3, padding=1, bias=norm == "none"), build_image_norm(norm, channels)]


def _residual_block(channels: int, norm: str) -> Residual:
    """Build a block of two convolutions; no activation follows the sum."""
    layers = [*_convolution(channels, norm), nn.PReLU(), *_convolution(channels, norm)]
    return Residual(nn.Identity(), nn.Sequential(*layers))
