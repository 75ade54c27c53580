"""The callback that lets a real `ganlab train` take turns; it is configured like any custom callback."""

import pytorch_lightning as pl
from turns import Turns

from ganlab.engine.module import GANModule


class Pace(pl.Callback):
    """Pauses training between blocks of steps."""

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Begin the first block."""
        self._turns = Turns(module.device)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Count a step, and wait if it was the last of a block."""
        self._turns.count_step()
