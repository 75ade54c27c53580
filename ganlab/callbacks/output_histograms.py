import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule
from ganlab.loggers import log_histograms


class OutputHistograms(Periodic):
    """Logs histograms of the discriminator's outputs for real and fake samples, to loggers that support histograms.

    The outputs are those of the latest training step; nothing is computed again.
    """

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Log one histogram for real and one for fake samples to every logger."""
        if not trainer.is_global_zero:
            return
        histograms = module.game.histograms()
        for logger in trainer.loggers:
            log_histograms(logger, histograms, module.steps)
