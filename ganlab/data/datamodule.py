"""Lightning's datamodule: one batch per training step, converted to what the networks read."""

from collections.abc import Iterator
from typing import Any, cast

import pytorch_lightning as pl

from ganlab.core.interfaces import Batch
from ganlab.data.dataset import DataSet, normalize
from ganlab.data.stream import Stream, WorkerLoader


class DataModule(pl.LightningDataModule):
    """Yields one batch per training step, for `iterations` steps; `batch_size` counts the samples of all processes.

    `workers` processes decode images that stay on disk. Raises ValueError for a batch size below 1, and for a negative
    number of iterations or workers.
    """

    def __init__(self, data: DataSet, batch_size: int, iterations: int, seed: int, workers: int = 0) -> None:
        super().__init__()
        for name, value, minimum in (
            ("batch_size", batch_size, 1),
            ("iterations", iterations, 0),
            ("workers", workers, 0),
        ):
            if value < minimum:
                raise ValueError(f"{name} must be at least {minimum}, got {value}")
        self.data, self.batch_size, self.iterations = data, batch_size, iterations
        self.seed, self.workers = seed, workers

    def train_dataloader(self) -> Stream | WorkerLoader:
        """Return the batches from the module's current step, its attribute `steps`, to the last one."""
        trainer = cast(Any, self.trainer)
        start, rank, world = trainer.lightning_module.steps, trainer.global_rank, trainer.world_size
        stream = Stream(self.data, self.batch_size, self.iterations, self.seed, int(start), rank, world)
        # Indexing a table in memory is faster than any worker, so `workers` is ignored for it.
        return WorkerLoader(stream, self.workers) if self.workers and self.data.needs_workers else stream

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Convert uint8 images to floats in [−1, 1] on the device, where the conversion is cheap."""
        return normalize(batch)

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield real samples in network coordinates for scores, at most `count` (0: all), in batches of `chunk`."""
        return map(normalize, self.data.real_samples(count, seed, split, chunk))
