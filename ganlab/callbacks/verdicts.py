import pytorch_lightning as pl

from ganlab.callbacks.periodic import Periodic
from ganlab.loggers import show_histogram
from ganlab.module import GANModule


class Verdicts(Periodic):
    """Shows how D's outputs on the latest real and fake samples are spread, in loggers that draw histograms.

    They are those that training has just computed, so nothing is drawn or judged again.
    """

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Give every logger one histogram per kind of sample."""
        if not trainer.is_global_zero:
            return
        for name, values in module.game.spreads().items():
            for logger in trainer.loggers:
                show_histogram(logger, name, values, module.steps)
