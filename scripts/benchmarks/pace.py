"""The callback by which a real `ganlab train` takes its turns; a configuration names it, like any user's own."""

import pytorch_lightning as pl
from turns import Turns

from ganlab.engine.module import GANModule


class Pace(pl.Callback):
    """Holds training between blocks of steps."""

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Begin the first block."""
        self._turns = Turns(module.device)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """End a step, and wait where it was the last of a block."""
        self._turns.step_is_done()
