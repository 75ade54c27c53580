from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import check_at_least
from ganlab.layers.fastgan import Decoder


class Reconstruction(Regularizer):
    """The mean absolute error of real images that are decoded from the discriminator's maps (Liu et al. 2021, eq. 4).

    It keeps a discriminator that sees few images from describing only how fakes differ. From its smallest maps the
    whole image is decoded, at half the size; from larger maps a random quarter. Images are compared as the
    discriminator received them, augmented. The decoders have at most `width` channels, and the discriminator's
    optimizer trains them. The paper compares by LPIPS, whose
    weights need a download; this compares pixels in [-1, 1]. Raises ValueError for a setting out of range.
    """

    player = "discriminator"
    reads_features = True
    reads_maps = True
    sample_dims = (3,)
    single = True

    def __init__(self, weight: float = 1.0, width: int = 128, every: int = 1) -> None:
        super().__init__(weight, every)
        check_at_least("width", width, 1)
        self.width = width

    def build_on_maps(self, spec: Spec, shapes: Sequence[tuple[int, int, int]]) -> None:
        """Create one decoder for each of the discriminator's maps."""
        shape: tuple[int, ...] = tuple(spec.sample)  # type: ignore[arg-type]
        self.smallest = min(maps[1] for maps in shapes)
        doublings = (shape[1] // 2 // self.smallest).bit_length() - 1
        self.decoders = nn.ModuleList(Decoder(maps[0], shape[0], doublings, self.width) for maps in shapes)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the error of each image, averaged over the decoders, shape (n,)."""
        output = view.on_real
        real = output.extra["input"].detach()
        places = view.random.integers("quarter", 4, (len(real),), real.device)
        whole, part = functional.avg_pool2d(real, 2), _quarters(real, places)
        errors = []
        for decoder, maps in zip(self.decoders, output.features, strict=False):
            partial = maps.shape[2] > self.smallest
            decoded = decoder(_quarters(maps, places) if partial else maps)
            errors.append((decoded - (part if partial else whole)).abs().flatten(1).mean(1))
        return torch.stack(errors).mean(0)


def _quarters(images: Tensor, places: Tensor) -> Tensor:
    """Return a quarter of each image (n, channels, height, width) with even sides; places (n,) are 0 to 3."""
    parts = images.unflatten(3, (2, -1)).unflatten(2, (2, -1)).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    return parts[torch.arange(len(images), device=images.device), places]
