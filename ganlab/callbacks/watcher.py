from abc import ABC, abstractmethod
from pathlib import Path

import pytorch_lightning as pl


class Watcher(pl.Callback, ABC):
    """Watches a run's health and raises Alarm where it is lost; what is done then is the recovery's to say.

    Keep the watchers first among the callbacks: nothing is logged, scored or saved of a run that is not healthy.
    """

    @property
    @abstractmethod
    def calm(self) -> bool:
        """Whether the latest look saw nothing; a checkpoint that is written while all watchers are calm is healthy."""


def way_back(trainer: pl.Trainer) -> str:
    """Say from where a run can go on."""
    checkpoint = Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt"
    return f"the last healthy checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was written before"
