"""The order of training samples as arithmetic: what step t sees is a function of the seed and t, and of nothing else.

No position has to be saved: a run that starts at step t goes on as the one that was killed before it, and ranks or
worker processes see their part of what one process would.
"""

import multiprocessing
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.dataset import DataSet
from ganlab.data.splits import shuffled

PREFETCH = 4  # batches that every worker holds ready


class Order:
    """An endless sequence of indices: permutations of `indices`, one after another."""

    def __init__(self, indices: Tensor, seed: int) -> None:
        self.indices, self.seed = indices, seed
        self._epoch, self._permuted = -1, indices

    def take(self, start: int, count: int) -> Tensor:
        """Return the indices at positions start … start + count − 1, shape (count,)."""
        size, parts = len(self.indices), []
        while count:
            epoch, offset = divmod(start, size)
            parts.append(self._permutation(epoch)[offset : offset + count])
            start, count = start + len(parts[-1]), count - len(parts[-1])
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _permutation(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            self._permuted = self.indices[shuffled(len(self.indices), self.seed, "order", epoch)]
            self._epoch = epoch
        return self._permuted


class Stream:
    """A rank's part of the joined batch of `batch_size` samples, for the steps start … iterations − 1.

    Its length is `iterations` wherever it starts, for Lightning counts a resumed run's batches from the run's first.
    Raises ValueError where the ranks cannot share the batch equally.
    """

    def __init__(
        self, data: DataSet, batch_size: int, iterations: int, seed: int, start: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        if batch_size % world:
            raise ValueError(f"batch_size must be a multiple of the {world} processes that share it, got {batch_size}")
        self.data, self.batch_size, self.rank, self.world = data, batch_size, rank, world
        self.steps = range(start, max(start, iterations))
        self.order = Order(data.split("train"), seed)
        self.random = Random(seed)

    def __len__(self) -> int:
        return self.steps.stop

    def __iter__(self) -> Iterator[Batch]:
        return map(self.__getitem__, self.steps)

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of a step."""
        share = self.batch_size // self.world
        indices = self.order.take(step * self.batch_size + self.rank * share, share)
        return self.data.batch(indices, self.random.seek(step, self.rank, self.world))

    def state_dict(self) -> dict[str, int]:
        """Return nothing: the position follows from the step, but Lightning warns of loaders that cannot be asked."""
        return {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Restore nothing."""


class Workers:
    """The batches of a stream, made by worker processes: whole batches, so that any number of them makes the same.

    It hides the DataLoader, into which Lightning would put a sampler of its own. Workers come from a fork server, for
    forking a process with threads or a GPU context can hang it.
    """

    def __init__(self, stream: Stream, workers: int) -> None:
        self.stream = stream
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["ganlab.data"])  # imported once for all workers, which takes seconds
        self.loader: DataLoader[Batch] = DataLoader(
            stream,  # type: ignore[arg-type]  # indexed by step, and never asked for anything else
            batch_size=None,
            sampler=stream.steps,
            num_workers=workers,
            collate_fn=_unchanged,
            prefetch_factor=PREFETCH,
            persistent_workers=True,
            multiprocessing_context=context,
            generator=torch.Generator(),  # else the loader would draw its workers' seed from training's generator
        )

    def __len__(self) -> int:
        return len(self.stream)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.loader)

    def state_dict(self) -> dict[str, int]:
        """Return the stream's state."""
        return self.stream.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Restore the stream's state."""


def _unchanged(batch: Any) -> Any:
    return batch
