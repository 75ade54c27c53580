from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import pytorch_lightning as pl

from ganlab.core.errors import AlarmError
from ganlab.runs.directory import RunDirectory


class Recovery(pl.Callback, ABC):
    """What is done when a watcher raises Alarm."""

    alone: ClassVar[bool] = False  # whether it needs a run of one process

    @abstractmethod
    def on_alarm(self, alarm: AlarmError, run: RunDirectory, step: int) -> Path | None:
        """Return the checkpoint to go on from, None for the start; or raise TrainingError to end the run."""
