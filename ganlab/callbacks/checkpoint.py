from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule


class Checkpoint(Periodic):
    """Writes checkpoints/last.ckpt in the run directory, from which training goes on exactly."""

    when_stopped = True
    shows_weights = True

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write it; all processes take part."""
        with module.clock.paused(module.device):
            trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")
