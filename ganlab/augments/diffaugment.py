"""Differentiable augmentation for small data sets (Zhao et al. 2020)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from ganlab.core.interfaces import Augment
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.layers.checks import look_up


class DiffAugment(Augment):
    """Changes every real and fake image by each policy; gradients reach the generator (section 3.2).

    `color` changes brightness, saturation and contrast. `translation` moves images by whole pixels, up to the share
    `shift` of their sides, and fills with zeros. `cutout` sets a rectangle of the share `hole` of the sides to zero.
    Raises ValueError for an unknown policy or a share outside [0, 1].
    """

    sample_dims = (3,)

    def __init__(
        self,
        policy: Sequence[str] = ("color", "translation", "cutout"),
        shift: float = 0.125,
        hole: float = 0.5,
    ) -> None:
        super().__init__()
        for name, value in (("shift", shift), ("hole", hole)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be at least 0 and at most 1, got {value}")
        self.policy = [look_up("policy", name, POLICIES) for name in policy]
        self.shift, self.hole = shift, hole

    def forward(self, samples: Tree, random: Random) -> Tree:
        """Change images (n, channels, height, width)."""
        for change in self.policy:
            samples = change(self, samples, random)
        return samples


def _draw(name: str, images: Tensor, random: Random) -> Tensor:
    return random.uniform(f"diffaugment_{name}", (len(images), 1, 1, 1), images.device).to(images.dtype)


def _color(augment: DiffAugment, images: Tensor, random: Random) -> Tensor:
    images = images + _draw("brightness", images, random) - 0.5
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * 2 * _draw("saturation", images, random)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (_draw("contrast", images, random) + 0.5)


def _translation(augment: DiffAugment, images: Tensor, random: Random) -> Tensor:
    for axis, name in ((2, "down"), (3, "across")):
        side = images.shape[axis]
        limit = int(side * augment.shift + 0.5)
        offset = random.integers(f"diffaugment_{name}", 2 * limit + 1, (len(images),), images.device) - limit
        source = torch.arange(side, device=images.device) - offset[:, None]
        shape = [len(images), 1, 1, 1]
        shape[axis] = side
        inside = ((source >= 0) & (source < side)).reshape(shape)
        images = images.gather(axis, source.clamp(0, side - 1).reshape(shape).expand_as(images)) * inside
    return images


def _cutout(augment: DiffAugment, images: Tensor, random: Random) -> Tensor:
    holes = []
    for axis, name in ((2, "row"), (3, "column")):
        side = images.shape[axis]
        size = int(side * augment.hole + 0.5)
        centre = random.integers(f"diffaugment_{name}", side + 1 - size % 2, (len(images),), images.device)
        position = torch.arange(side, device=images.device) - centre[:, None] + size // 2
        shape = [len(images), 1, 1, 1]
        shape[axis] = side
        holes.append(((position >= 0) & (position < size)).reshape(shape))
    return images * ~(holes[0] & holes[1])


POLICIES: Mapping[str, Callable[[DiffAugment, Tensor, Random], Tensor]] = {
    "color": _color,
    "translation": _translation,
    "cutout": _cutout,
}
