from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule
from ganlab.games.sampler import Sampler
from ganlab.loggers import show_picture


class Samples(Periodic):
    """Draws the same latents at intervals, as a PNG in the run directory's samples/ and in loggers that show pictures.

    Raises ValueError for a count below 1.
    """

    shows_weights = True

    def __init__(self, every: int = 0, count: int = 64, seed: int = 0) -> None:
        super().__init__(every)
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        self.count, self.seed = count, seed

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Draw one sheet."""
        if not trainer.is_global_zero:
            return
        data = trainer.datamodule.data  # type: ignore[attr-defined]
        with module.clock.paused(module.device):
            samples = Sampler(module.game, module.ema.network, data.spec, data.decode).sample(self.count, self.seed)
            picture = data.sheet(samples)
        path = Path(trainer.default_root_dir) / "samples" / f"{module.steps:08}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        for logger in trainer.loggers:
            show_picture(logger, "sheet", picture, module.steps)
