import logging

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic, due_callbacks
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random, derive
from ganlab.engine.module import GANModule
from ganlab.games.sampler import Sampler
from ganlab.layers.running_statistics import batch_norms, gathering_statistics

log = logging.getLogger(__name__)


class StandingStatistics(Periodic):
    """Gives the kept generator batch statistics of its own, plain averages over `batches` passes of `size` samples.

    Brock et al. 2019, appendix C.1. Averaged weights otherwise have the statistics of the latest ones. Raises
    ValueError for a number below 1. Every step takes the latest ones again, so they are gathered whenever somebody is
    about to draw, score or save, and at every `every`-th step.
    """

    when_stopped = True

    def __init__(self, every: int = 0, batches: int = 16, size: int = 64, seed: int = 0) -> None:
        super().__init__(every)
        for name, value in (("batches", batches), ("size", size)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.batches, self.size, self.seed = batches, size, seed

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Say where there is nothing to gather."""
        if not batch_norms(module.ema.network) and trainer.is_global_zero:
            log.warning("training_hook.standing_statistics changes nothing: this generator has no batch norm")

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Act where anybody's turn has come who shows the weights."""
        if any(each is self or each.shows_weights for each in due_callbacks(trainer, module)):
            self._act(trainer, module)

    @torch.no_grad()
    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Gather them anew, the same in every process."""
        data = trainer.datamodule.data  # type: ignore[attr-defined]
        network, classes = module.ema.network, data.spec.classes
        random = Random(derive(self.seed, "standing_statistics"))
        sampler = Sampler(module.game, network, data.spec, data.decode)
        with sampler.evaluating(random), gathering_statistics(network):
            for number in range(self.batches):
                random.seek(number)
                labels = random.integers("labels", classes, (self.size,), module.device) if classes else None
                module.game.sample(Batch(torch.empty(self.size, 0, device=module.device), labels), network)
