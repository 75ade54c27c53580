from abc import ABC, abstractmethod
from typing import Any, ClassVar

import pytorch_lightning as pl

from ganlab.core.renamed import adopt_former_methods
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import callbacks_of


class Periodic(pl.Callback, ABC):
    """Acts at every `every`-th step and once at the end; with 0, only at the end. Raises ValueError below 0.

    On interruption only callbacks with `run_on_interrupt` act at the end, since the user is waiting. A subclass
    implements `act`:

    >>> class Greeting(Periodic):
    ...     def act(self, trainer, module):
    ...         print("hello")
    >>> from types import SimpleNamespace
    >>> greeting = Greeting(every=2)
    >>> for step in (1, 2, 3):
    ...     greeting.on_train_batch_end(None, SimpleNamespace(steps=step))
    hello
    """

    run_on_interrupt: ClassVar[bool] = False  # needed to resume the run
    shows_weights: ClassVar[bool] = False  # samples, scores or saves the EMA generator

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(cls, {"when_stopped": "run_on_interrupt", "due": "is_due"})

    def __init__(self, every: int = 0) -> None:
        if every < 0:
            raise ValueError(f"every must be at least 0, got {every}")
        self.every = every
        self._acted_at = -1

    @abstractmethod
    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Do this callback's work, after step `module.steps`; called in all processes."""

    def is_due(self, module: GANModule) -> bool:
        """Return whether the callback acts after the present step."""
        return bool(self.every) and module.steps % self.every == 0

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Act if it is due."""
        if self.is_due(module):
            self._act(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Act after the last step, unless the callback has just acted."""
        if self._acted_at != module.steps and (self.run_on_interrupt or module.steps >= module.iterations):
            self._act(trainer, module)

    def _act(self, trainer: pl.Trainer, module: GANModule) -> None:
        self.act(trainer, module)
        self._acted_at = module.steps


def due_callbacks(trainer: pl.Trainer, module: GANModule) -> list[Periodic]:
    """Return the trainer's callbacks that act after the present step."""
    return [
        callback for callback in callbacks_of(trainer) if isinstance(callback, Periodic) and callback.is_due(module)
    ]
