import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule
from ganlab.loggers import show_histograms


class OutputHistograms(Periodic):
    """Shows how D's outputs on the latest real and fake samples are spread, in loggers that draw histograms.

    They are those that training has just computed, so nothing is drawn or judged again.
    """

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Give every logger one histogram per kind of sample."""
        histograms = module.game.histograms()
        for logger in trainer.loggers if trainer.is_global_zero else ():
            show_histograms(logger, histograms, module.steps)
