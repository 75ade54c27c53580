from abc import ABC, abstractmethod
from typing import ClassVar, cast

import pytorch_lightning as pl

from ganlab.engine.module import GANModule


class Periodic(pl.Callback, ABC):
    """Acts at every `every`-th step and once at the end; with 0, only at the end. Raises ValueError below 0.

    Where a run is stopped before its end, only those act that a continuation needs (`when_stopped`): somebody waits.
    """

    when_stopped: ClassVar[bool] = False
    shows_weights: ClassVar[bool] = False  # draws, scores or saves the kept generator

    def __init__(self, every: int = 0) -> None:
        if every < 0:
            raise ValueError(f"every must be at least 0, got {every}")
        self.every = every
        self._acted_at = -1

    @abstractmethod
    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Do it, after step `module.steps`."""

    def due(self, module: GANModule) -> bool:
        """Tell whether the step just made is one to act at."""
        return bool(self.every) and module.steps % self.every == 0

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Act where it is due."""
        if self.due(module):
            self._act(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Act once more where the last step was not one to act at."""
        if self._acted_at != module.steps and (self.when_stopped or module.steps >= module.iterations):
            self._act(trainer, module)

    def _act(self, trainer: pl.Trainer, module: GANModule) -> None:
        self.act(trainer, module)
        self._acted_at = module.steps


def due_callbacks(trainer: pl.Trainer, module: GANModule) -> list[Periodic]:
    """Return the trainer's callbacks that act after the step just made."""
    every = cast(list[pl.Callback], trainer.callbacks)  # type: ignore[attr-defined]
    return [each for each in every if isinstance(each, Periodic) and each.due(module)]
