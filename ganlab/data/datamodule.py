"""What Lightning asks of data: one batch per training step, ready for the networks."""

from collections.abc import Iterator
from typing import Any, cast

import pytorch_lightning as pl

from ganlab.core.interfaces import Batch
from ganlab.data.dataset import DataSet, normalize
from ganlab.data.stream import Stream, Workers


class DataModule(pl.LightningDataModule):
    """Feeds `iterations` steps with joined batches of `batch_size`; `workers` processes decode images kept on disk.

    Raises ValueError for a count below its bound.
    """

    def __init__(self, data: DataSet, batch_size: int, iterations: int, seed: int, workers: int = 0) -> None:
        super().__init__()
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("iterations", iterations, 0),
            ("workers", workers, 0),
        ):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        self.data, self.batch_size, self.iterations = data, batch_size, iterations
        self.seed, self.workers = seed, workers

    def train_dataloader(self) -> Stream | Workers:
        """Return the batches from the module's step on; the module keeps it as `steps`."""
        trainer = cast(Any, self.trainer)
        start, rank, world = trainer.lightning_module.steps, trainer.global_rank, trainer.world_size
        stream = Stream(self.data, self.batch_size, self.iterations, self.seed, int(start), rank, world)
        # A table in memory is faster than any worker, whatever `workers` says.
        return Workers(stream, self.workers) if self.workers and self.data.needs_workers else stream

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Turn uint8 images into floats in [−1, 1] on the device, where it is cheap."""
        return normalize(batch)

    def reals(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield real samples in network coordinates for scores, at most `count` of them (0: all)."""
        return map(normalize, self.data.reals(count, seed, split, chunk))
