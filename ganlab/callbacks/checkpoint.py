from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule


class Checkpoint(Periodic):
    """Writes checkpoints/last.ckpt in the run directory; a run resumed from it trains as if it had not been stopped."""

    run_on_interrupt = True
    shows_weights = True

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write the checkpoint; all processes have to take part."""
        with module.clock.paused(module.device):
            trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")
