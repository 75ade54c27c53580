"""FastGAN's generator."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, initialise, label_specs, latent_size, normalise_spectrally, pyramid, sample_shape
from ganlab.layers.checks import check_at_least
from ganlab.layers.fastgan import Excitation, Grow, NoisyGrow, channels_at
from ganlab.layers.outputs import build_image_output


class FastGAN(nn.Module):
    """Gated convolutions with skip-layer excitation, for few training images (Liu et al. 2021), to images in [-1, 1].

    Sides are 4 to 15 times a power of two. Maps with a shorter side of 32 or 64 pixels have 2 `width` channels. The
    channels of maps are weighed by those of the maps `skip` doublings before; the paper's 4 leaves images below 64
    pixels without a skip. In training, blocks add noise from torch's global generator; in evaluation it is fixed.
    Raises ValueError for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        skip: int = 4,
        init: str = "dcgan",
        spectral_norm: bool = True,
        labels: str = "concat",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "FastGAN", "generator", self.sample_dims)
        base = pyramid(shape, "FastGAN")
        check_at_least("width", width, 1)
        check_at_least("skip", skip, 1)
        self.append_codes, self.skip = ClassLabels(label_specs(labels, spec, "concat")["concat"]), skip
        inputs = latent_size(spec, "FastGAN") + self.append_codes.width
        sizes = [(base.height << step, base.width << step) for step in range(base.steps + 1)]
        channels = [channels_at(min(size), width) for size in sizes]
        self.project = nn.Sequential(
            nn.Unflatten(1, (inputs, 1, 1)),
            nn.ConvTranspose2d(inputs, 2 * channels[0], sizes[0], bias=False),
            nn.BatchNorm2d(2 * channels[0]),
            nn.GLU(1),
        )
        self.blocks, self.excitations = nn.ModuleList(), nn.ModuleDict()
        for step in range(1, len(sizes)):
            before, after = channels[step - 1], channels[step]
            self.blocks.append(NoisyGrow(before, after, sizes[step]) if step % 2 else Grow(before, after))
            if step >= skip:
                self.excitations[str(step)] = Excitation(channels[step - skip], after)
        self.to_image = nn.Sequential(
            nn.Conv2d(channels[-1], shape[0], 3, padding=1, bias=False), build_image_output(output)
        )
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        maps = [self.project(self.append_codes(latents, cond))]
        for step, block in enumerate(self.blocks, 1):
            grown = block(maps[-1])
            if step >= self.skip:
                grown = self.excitations[str(step)](maps[step - self.skip], grown)
            maps.append(grown)
        return self.to_image(maps[-1])
