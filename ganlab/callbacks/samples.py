from pathlib import Path

import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.core.file_replacement import replaced
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import data_of
from ganlab.games.sampler import Sampler
from ganlab.loggers import log_image


class Samples(Periodic):
    """Writes sample sheets of fixed latents, as PNG files in the run directory's samples/ and to loggers with images.

    Raises ValueError for a count below 1.
    """

    shows_weights = True

    def __init__(self, every: int = 0, count: int = 64, seed: int = 0) -> None:
        super().__init__(every)
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        self.count, self.seed = count, seed

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Write one sample sheet."""
        if not trainer.is_global_zero:
            return
        data = data_of(trainer)
        with module.clock.paused(module.device):
            samples = Sampler(module.game, module.ema.network, data.spec, data.decode).sample(self.count, self.seed)
            sheet = data.sample_sheet(samples)
        path = Path(trainer.default_root_dir) / "samples" / f"{module.steps:08}.png"
        with replaced(path) as file:
            sheet.save(file, "PNG")
        for logger in trainer.loggers:
            log_image(logger, "sheet", sheet, module.steps)
