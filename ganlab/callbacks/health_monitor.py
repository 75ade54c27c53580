"""`HealthMonitor`, the base class of the callbacks that detect a failed run."""

from abc import ABC, abstractmethod
from pathlib import Path

import pytorch_lightning as pl


class HealthMonitor(pl.Callback, ABC):
    """Raises AlarmError if a run is no longer healthy; the run's recovery decides what follows.

    List health monitors first among the callbacks, so nothing is logged, scored or saved of an unhealthy run.
    """

    @property
    @abstractmethod
    def healthy(self) -> bool:
        """Whether the latest check found no problem; checkpoints written while all monitors are healthy are healthy."""


def checkpoint_hint(trainer: pl.Trainer) -> str:
    """Return a clause that names the checkpoint from which the run can be resumed."""
    checkpoint = Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt"
    return f"the last healthy checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was written before"
