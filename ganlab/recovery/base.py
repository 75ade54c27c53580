from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import pytorch_lightning as pl

from ganlab.core.errors import AlarmError
from ganlab.runs.directory import RunDirectory


class Recovery(pl.Callback, ABC):
    """Decides what a run does after a health monitor has raised AlarmError.

    It is also a callback of the Trainer, so it can save healthy checkpoints and change the training that follows. The
    same object is used after a recovery, with a new module and Trainer. A subclass implements `on_alarm`:

    >>> from pathlib import Path
    >>> class ReturnToBest(Recovery):
    ...     def on_alarm(self, alarm, run, step):
    ...         return run.path / "checkpoints" / "best.ckpt"
    >>> ReturnToBest().on_alarm(AlarmError("loss is nan"), RunDirectory(Path("runs/1")), step=7).name
    'best.ckpt'
    """

    alone: ClassVar[bool] = False  # whether it supports only runs with one process

    @abstractmethod
    def on_alarm(self, alarm: AlarmError, run: RunDirectory, step: int) -> Path | None:
        """Return the checkpoint to resume from, None to start from scratch; or raise TrainingError to end the run."""
