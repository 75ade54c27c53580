import resource
import sys

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic
from ganlab.engine.module import GANModule


class MetricsLogger(Periodic):
    """Logs loss terms, D's verdicts, norms, learning rates, speed and memory.

    Terms are means over the steps since the last time, or over the last 1,000 of them. Where a run is stopped between
    two rows, the checkpoint keeps them for the next.
    """

    def __init__(self, every: int = 50) -> None:
        super().__init__(every)

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Remember where this process started."""
        self._since = (0.0, module.samples)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Log one row."""
        if not module.observed:
            return
        means = module.communicator.mean({**module.observed.take(module.device), **module.game.diagnostics()})
        row = {name: float(value) for name, value in {**means, **module.norms}.items()}
        for player, optimizer in zip(module.game.players(), trainer.optimizers, strict=True):
            row[f"{player}/lr"] = optimizer.param_groups[0]["lr"]
        now, (then, samples) = module.clock.seconds, self._since
        row["samples"] = module.samples
        row["samples_per_second"] = (module.samples - samples) / (now - then)
        row["memory_mib"] = _memory_mib(module.device)
        self._since = (now, module.samples)
        module.latest = row
        for logger in trainer.loggers:
            logger.log_metrics(row, step=module.steps)


def _memory_mib(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
