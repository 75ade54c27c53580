import resource
import sys

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule


class MetricsLogger(Periodic):
    """Logs loss terms, the discriminator's outputs, norms, learning rates, speed and memory.

    Loss terms are means over the steps since the last row, at most 1,000. If a run is stopped between two rows, its
    checkpoint has the terms for the next one.
    """

    def __init__(self, every: int = 50) -> None:
        super().__init__(every)

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Initialise the measurement of speed."""
        self._last_row = (0.0, module.samples)  # seconds of training and samples at the last row

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Log one row."""
        if not module.loss_buffer:
            return
        means = module.communicator.mean({**module.loss_buffer.drain(module.device), **module.game.diagnostics()})
        row = {name: float(value) for name, value in {**means, **module.norms}.items()}
        for player, optimizer in zip(module.game.players(), trainer.optimizers, strict=True):
            row[f"{player}/lr"] = optimizer.param_groups[0]["lr"]
        seconds, (last_seconds, last_samples) = module.clock.seconds, self._last_row
        row["samples"] = module.samples
        row["samples_per_second"] = (module.samples - last_samples) / (seconds - last_seconds)
        row["memory_mib"] = _memory_mib(module.device)
        self._last_row = (seconds, module.samples)
        module.latest = row
        for logger in trainer.loggers:
            logger.log_metrics(row, step=module.steps)


def _memory_mib(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
