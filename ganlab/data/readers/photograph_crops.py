"""`PhotographCrops`, square parts of large photographs."""

from functools import cached_property
from typing import final

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.data.readers.image_storage import Images
from ganlab.data.readers.photograph_storage import PhotographStorage


@final
class PhotographCrops(Images):
    """Parts of `side` pixels of photographs, side by side without overlap from the middle on.

    `photograph` (n,) is the number of the photograph that a part is of. Raises ValueError for a side that is larger
    than a photograph.
    """

    def __init__(self, photographs: PhotographStorage, side: int) -> None:
        smallest = int(photographs.sizes.min())
        if not 4 <= side <= smallest:
            raise ValueError(
                f"resolution must be from 4 to {smallest}, the sides of the smallest photograph, got {side}"
            )
        self.photographs, self.side = photographs, side
        self.needs_workers = photographs.needs_workers
        self.shape = (photographs.channels, side, side)
        places = [
            (number, top, left)
            for number, (height, width) in enumerate(photographs.sizes.tolist())
            for top in _starts(height, side)
            for left in _starts(width, side)
        ]
        self.photograph, self._top, self._left = torch.tensor(places).unbind(1)

    def __len__(self) -> int:
        return len(self.photograph)

    def take(self, indices: Tensor) -> Tensor:
        """Cut out the parts at `indices`."""
        return self._cut(self.photograph[indices], self._top[indices], self._left[indices])

    def draw(self, indices: Tensor, random: Random) -> Tensor:
        """Cut parts at random places out of the photographs that the parts at `indices` are of."""
        numbers = self.photograph[indices]
        sides = self.photographs.sizes[numbers]
        starts = (random.uniform("crop", (len(indices), 2)) * (sides - self.side + 1)).long()
        return self._cut(numbers, starts[:, 0], starts[:, 1])

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of all photographs, in hexadecimal."""
        return self.photographs.digest()

    def _cut(self, numbers: Tensor, top: Tensor, left: Tensor) -> Tensor:
        places = zip(numbers.tolist(), top.tolist(), left.tolist(), strict=True)
        parts = [self.photographs.read(n)[:, y : y + self.side, x : x + self.side] for n, y, x in places]
        return torch.stack(parts)


def _starts(length: int, side: int) -> range:
    """Return where parts begin: as many as fit, in the middle."""
    count = length // side
    first = (length - count * side) // 2
    return range(first, first + count * side, side)
