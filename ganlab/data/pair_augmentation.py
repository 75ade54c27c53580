"""Random flips and crops that change both images of a pair alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.data.readers.image_storage import rescale

PAPER_JITTER = 286 / 256  # enlarged side / side


@final
@dataclass(frozen=True)
class PairAugmentation:
    """Mirrors images with probability ½ if `flip` is true, and cuts them out of enlarged ones if `jitter` is above 0.

    As in pix2pix (Isola et al. 2017, section 6.2), the shorter side of the smallest image becomes `jitter` pixels, and
    a random part of the former size is kept.
    """

    flip: bool
    jitter: int

    def change(self, images: Sequence[Tensor], random: Random, purpose: str = "pair") -> list[Tensor]:
        """Return uint8 images (n, channels, height, width), of which row i of each is changed in the same way.

        The sides of the images are multiples of those of the smallest one, and so are the positions of the crops.
        """
        changed = list(images)
        if self.jitter:
            changed = self._cut(changed, random, purpose)
        if self.flip:
            rows = (random.uniform(f"{purpose}.flip", (len(changed[0]),)) < 0.5).view(-1, 1, 1, 1)
            changed = [torch.where(rows, each.flip(-1), each) for each in changed]
        return changed

    def _cut(self, images: Sequence[Tensor], random: Random, purpose: str) -> list[Tensor]:
        count = len(images[0])
        height, width = min(tuple(each.shape[2:]) for each in images)
        factor = self.jitter / min(height, width)
        rows, columns = round(height * factor), round(width * factor)
        top = random.integers(f"{purpose}.top", rows - height + 1, (count,)).tolist()
        left = random.integers(f"{purpose}.left", columns - width + 1, (count,)).tolist()
        changed = []
        for each in images:
            scale = each.shape[2] // height
            enlarged = rescale(each.float(), (rows * scale, columns * scale))
            parts = [
                image[:, y * scale : (y + height) * scale, x * scale : (x + width) * scale]
                for image, y, x in zip(enlarged, top, left, strict=True)
            ]
            changed.append(torch.stack(parts))
        return changed


def check_jitter(jitter: int, size: tuple[int, int]) -> None:
    """Raise ValueError unless `jitter` is 0, or at least the shorter side and at most twice of it."""
    side = min(size)
    if jitter and not side <= jitter <= 2 * side:
        raise ValueError(
            f"jitter must be 0 for none, or from {side} to {2 * side}, once to twice the pixels of the image's shorter "
            f"side, got {jitter}; pix2pix's ratio gives {round(side * PAPER_JITTER)}"
        )
