"""Past fake samples for the discriminator (Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section 4)."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from ganlab.core.interfaces import EqualBuffers
from ganlab.core.random import Random


@final
class ImagePool(EqualBuffers):
    """Keeps `size` past fake samples; about half of those that it returns are past ones, whose places new ones take.

    The first `size` samples fill the pool and are returned as they are. From then on, each sample is returned with
    probability ½; otherwise a random one of the pool is, and the sample takes its place. A batch draws from the pool as
    it was before the batch. The samples of all processes and microbatches enter one pool, which all processes have
    alike and which is part of checkpoints: a run with several processes equals one with a single process. A size of 0
    returns every sample. Raises ValueError for a negative size.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int, shape: Sequence[int]) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f"pool must be at least 0, got {size}")
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))  # of images so far, at most the size
        self._joined: list[Tensor] = []  # of the joined batch: its samples, and each one's place or -1, plus 1

    @torch.no_grad()
    def forward(self, fakes: Tensor, random: Random) -> Tensor:
        """Return samples (n, *shape) for the discriminator, and keep the fakes for `apply_batch_sums`."""
        if not self.size:
            return fakes
        rows = torch.arange(len(fakes), device=fakes.device) + random.part * len(fakes)
        empty = rows + self.count  # the place of each sample in a pool that is not full
        swaps = (random.uniform("pool", (len(fakes),), fakes.device) < 0.5) & (empty >= self.size)
        drawn = random.integers("pool_place", self.size, (len(fakes),), fakes.device)
        places = torch.where(empty < self.size, empty, torch.where(swaps, drawn, -1))
        self._remember(fakes, rows, places, random.parts)
        choose = swaps.reshape(-1, *[1] * (fakes.ndim - 1))
        return torch.where(choose, self.images[drawn].to(fakes.dtype), fakes)

    def batch_sums(self) -> list[Tensor]:
        """Return the samples of the joined batch and their places, which are 0 for those of other processes."""
        return self._joined

    @torch.no_grad()
    def apply_batch_sums(self) -> None:
        """Let the samples of the joined batch take their places; of several for one place, the last one does."""
        if not self._joined:
            return
        fakes, places = self._joined
        for row, place in enumerate(places.long().tolist()):
            if place:
                self.images[place - 1] = fakes[row]
        self.count.add_(len(fakes)).clamp_(max=self.size)
        fakes.zero_()
        places.zero_()

    def _remember(self, fakes: Tensor, rows: Tensor, places: Tensor, parts: int) -> None:
        shape = (len(fakes) * parts, *fakes.shape[1:])
        if not self._joined or self._joined[0].shape != shape or self._joined[0].device != fakes.device:
            self._joined = [self.images.new_zeros(shape), self.images.new_zeros(len(fakes) * parts)]
        # float32 holds every place exactly, and sums of one kind of numbers need one message between processes.
        self._joined[0][rows] = fakes.to(self.images.dtype)
        self._joined[1][rows] = (places + 1).to(self.images.dtype)
