"""A smooth filling of holes in images by what is around them, from coarse to fine, inside networks."""

import torch
from torch import Tensor
from torch.nn import functional

COARSEST = 2  # pixels on the shorter side of the last level
STEPS = 8  # of diffusion at each level, which removes the edges that enlargement leaves


def fill_smoothly(images: Tensor, visible: Tensor) -> Tensor:
    """Fill holes by pull-push, with a few steps of diffusion at every level (Gortler et al. 1996, section 3.4).

    `images` (n, channels, height, width) keep their values where `visible` (n, 1, height, width) is 1; what they have
    where it is 0 has no influence. An image without a visible pixel becomes 0.
    """
    levels = [(images * visible, visible)]
    while min(levels[-1][0].shape[2:]) > COARSEST:
        levels.append(_pull(*levels[-1]))
    coarse, known = levels.pop()
    filled = torch.where(known > 0, coarse, (coarse * known).sum((2, 3), True) / known.sum((2, 3), True).clamp(min=1))
    for fine, shown in reversed(levels):
        height, width = fine.shape[2:]
        larger = functional.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)
        filled = _diffuse(torch.where(shown > 0, fine, larger[..., :height, :width]), fine, shown)
    return filled


def _pull(images: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of the visible pixels of each 2×2 square, and 1 where there is one; odd sides are rounded up."""
    height, width = images.shape[2:]
    pads = (0, width % 2, 0, height % 2)
    count = functional.avg_pool2d(functional.pad(visible, pads), 2)
    total = functional.avg_pool2d(functional.pad(images * visible, pads), 2)
    return total / count.clamp(min=0.25), (count > 0).to(images.dtype)


def _diffuse(filled: Tensor, images: Tensor, visible: Tensor) -> Tensor:
    """Replace hidden pixels by the mean of their four neighbours, a few times; borders are repeated."""
    for _ in range(STEPS):
        around = functional.pad(filled, (1, 1, 1, 1), mode="replicate")
        sides = around[..., :-2, 1:-1] + around[..., 2:, 1:-1] + around[..., 1:-1, :-2] + around[..., 1:-1, 2:]
        filled = torch.where(visible > 0, images, sides / 4)
    return filled
