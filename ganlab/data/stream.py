"""The order of training samples: the batch of step t is a function of the seed and t only.

A checkpoint therefore saves no position: a run resumed at step t sees the batches that an uninterrupted run sees, and
ranks and worker processes see their part of the batches that one process sees.
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
from ganlab.data.splits import seeded_permutation

PREFETCH = 4  # batches that every worker prepares in advance


class SampleOrder:
    """An endless sequence of indices: permutations of `indices`, one per epoch, one after another."""

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
            self._permuted = self.indices[seeded_permutation(len(self.indices), self.seed, "order", epoch)]
            self._epoch = epoch
        return self._permuted


class Stream:
    """The batches of one rank, `batch_size` / `world` samples each, for the steps start … iterations − 1.

    Its length is `iterations` for any start, because Lightning counts the batches of a resumed run from step 0. Raises
    ValueError if `batch_size` is not a multiple of `world`.
    """

    def __init__(
        self, data: DataSet, batch_size: int, iterations: int, seed: int, start: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        if batch_size % world:
            raise ValueError(f"batch_size must be a multiple of the {world} processes that share it, got {batch_size}")
        self.data, self.batch_size, self.rank, self.world = data, batch_size, rank, world
        self.steps = range(start, max(start, iterations))
        self.order = SampleOrder(data.split("train"), seed)
        self.random = Random(seed)

    def __len__(self) -> int:
        return self.steps.stop

    def __iter__(self) -> Iterator[Batch]:
        return map(self.__getitem__, self.steps)

    def __getitem__(self, step: int) -> Batch:
        """Return the rank's batch of a step."""
        share = self.batch_size // self.world
        indices = self.order.take(step * self.batch_size + self.rank * share, share)
        return self.data.batch(indices, self.random.seek(step, self.rank, self.world))

    def state_dict(self) -> dict[str, int]:
        """Return an empty state; without this method Lightning warns that the loader cannot be resumed."""
        return {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Restore nothing."""


class WorkerLoader:
    """The batches of a stream, prepared by worker processes; the same batches for any number of workers.

    It wraps a DataLoader instead of being one, because Lightning would replace the DataLoader's sampler. A fork server
    starts the workers, because forking a process that has threads or a GPU context can deadlock.
    """

    def __init__(self, stream: Stream, workers: int) -> None:
        self.stream = stream
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["ganlab.data"])  # the import takes seconds; done once for all workers
        self.loader: DataLoader[Batch] = DataLoader(
            stream,  # type: ignore[arg-type]  # only its indexing by step is used
            batch_size=None,
            sampler=stream.steps,
            num_workers=workers,
            collate_fn=_unchanged,
            prefetch_factor=PREFETCH,
            persistent_workers=True,
            multiprocessing_context=context,
            generator=torch.Generator(),  # otherwise the loader draws the workers' seed from the global generator
        )

    def __len__(self) -> int:
        return len(self.stream)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.loader)

    def state_dict(self) -> dict[str, int]:
        """Return the stream's state, which is empty."""
        return self.stream.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Restore nothing."""


def _unchanged(batch: Any) -> Any:
    return batch
