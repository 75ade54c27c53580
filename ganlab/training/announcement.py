"""Prints where training starts."""

import sys
from typing import final

import pytorch_lightning as pl

from ganlab.engine.module import GANModule


@final
class Announcement(pl.Callback):
    """Prints "continuing from step 150 of 600 in DIR" when a checkpoint has been read, as after a roll back."""

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Print the line, unless training starts at step 0."""
        if trainer.is_global_zero and module.steps:
            place = f"from step {module.steps} of {module.iterations} in {trainer.default_root_dir}"
            print(f"continuing {place}", file=sys.stderr, flush=True)
