import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

import pytorch_lightning as pl
import torch

from ganlab.core import private_api
from ganlab.engine.module import GANModule

# The signal with which submitit has SLURM announce a preemption or the end of the time.
PREEMPT_VARIABLE = "SUBMITIT_PREEMPT_SIGNAL"


class Interrupt(pl.Callback):
    """Lets SIGINT (Ctrl-C), SIGTERM and the preemption signal (USR2) end training after the step in hand, saved.

    Entered as a context it takes the signals over, and gives them back when it is left; only the main thread may, and a
    signal that the process ignores stays ignored. The handler notes the signal and nothing more, so one that comes
    while data is read or scores are computed is not lost; several processes ask each other every `agree_every` steps
    and stop at the same one. A second Ctrl-C ends training at once. Raises ValueError for `agree_every` below 1.
    """

    def __init__(self, agree_every: int = 10) -> None:
        if agree_every < 1:
            raise ValueError(f"agree_every must be at least 1, got {agree_every}")
        self.agree_every = agree_every
        self.number = 0  # of the signal by which training is to end: this process's, or after agreement another's
        self._received = 0
        self._owner = os.getpid()
        self._formers: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether training is to end."""
        return bool(self.number or self._received)

    def __enter__(self) -> Self:
        self._owner = os.getpid()
        if threading.current_thread() is threading.main_thread():
            for number in _signals():
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._formers[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        for number, former in self._formers.items():
            signal.signal(number, former)

    def hand_over(self) -> None:
        """Call the handler that the received signal had before, if it is somebody's: submitit's requeues the job."""
        former = self._formers.get(self._received)
        if callable(former) and former is not signal.default_int_handler:
            former(self._received, sys._getframe())

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Keep Lightning's own handlers out."""
        private_api.disable_signal_handlers(trainer)

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Make no step where the signal came before the first."""
        self._agree(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Stop where it was asked for."""
        if trainer.world_size == 1 or module.steps % self.agree_every == 0:
            self._agree(trainer)

    def _agree(self, trainer: pl.Trainer) -> None:
        self.number = self._received
        if trainer.world_size > 1:
            number = torch.tensor(self._received, device=trainer.strategy.root_device)
            self.number = int(trainer.strategy.reduce(number, reduce_op="max"))
        trainer.should_stop = trainer.should_stop or bool(self.number)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:  # a child that was forked from us: its parent will tell it what to do
            return
        if self._received and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        if not self._received:
            self._received = number
            again = "; press Ctrl-C again to stop at once" if number == signal.SIGINT else ""
            name = "" if number == signal.SIGINT else f"{signal.Signals(number).name}: "
            os.write(2, f"\n{name}stopping after this step to save it{again}\n".encode())


def _signals() -> set[int]:
    given = os.environ.get(PREEMPT_VARIABLE, "").upper().removeprefix("SIG") or "USR2"
    preempt = getattr(signal, f"SIG{given}", signal.SIGUSR2)
    return {signal.SIGINT, signal.SIGTERM, preempt}


def _nothing() -> None:
    """Take no signal."""
