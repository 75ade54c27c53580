import logging

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic, due_callbacks
from ganlab.core import tree
from ganlab.core.interfaces import Batch
from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random, derive
from ganlab.data.condition_source import ConditionSource, build_sampler
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import data_of
from ganlab.layers.running_statistics import find_batch_norms, gather_batch_statistics

log = logging.getLogger(__name__)


class StandingStatistics(Periodic):
    """Computes batch-norm statistics for the EMA generator: plain averages over `batches` batches of `size` samples.

    Brock et al. 2019, appendix C.1. Otherwise the averaged weights are used with the live generator's statistics, which
    every update of the EMA copies. So the statistics are computed before a callback samples, scores or saves the EMA
    weights, and at every `every`-th step. Raises ValueError for a number below 1.
    """

    run_on_interrupt = True

    def __init__(self, every: int = 0, batches: int = 16, size: int = 64, seed: int = 0) -> None:
        super().__init__(every)
        for name, value in (("batches", batches), ("size", size)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.batches, self.size, self.seed = batches, size, seed

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Warn if the generator has no batch norm."""
        if not find_batch_norms(module.ema.network) and trainer.is_global_zero:
            log.warning("training_hook.standing_statistics changes nothing: this generator has no batch norm")

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Run before any callback that samples, scores or saves the EMA weights."""
        if any(callback is self or callback.shows_weights for callback in due_callbacks(trainer, module)):
            self._act(trainer, module)

    @torch.no_grad()
    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Compute the statistics, the same in every process."""
        data = data_of(trainer)
        network, classes = module.ema.network, data.spec.classes
        random = Random(derive(self.seed, "standing_statistics"))
        sampler = build_sampler(module.game, network, data)
        images = ConditionSource(data, "train")(self.batches * self.size) if data.spec.cond else None
        with sampler.evaluation_mode(random), gather_batch_statistics(network):
            for number in range(self.batches):
                random.seek(number)
                cond = random.integers("labels", classes, (self.size,), module.device) if classes else None
                if images is not None:
                    part = tree.narrow(images, number * self.size, self.size)
                    cond = to_network_range(tree.map(lambda x: x.to(module.device), part))
                module.game.sample(Batch(torch.empty(self.size, 0, device=module.device), cond), network)
