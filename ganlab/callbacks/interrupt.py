import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

import pytorch_lightning as pl
import torch

from ganlab.core import private_api
from ganlab.core.errors import Interrupted
from ganlab.core.output import write_error_line
from ganlab.engine.module import GANModule

# The signal that submitit lets SLURM send before a preemption or the time limit.
PREEMPT_VARIABLE = "SUBMITIT_PREEMPT_SIGNAL"


class Interrupt(pl.Callback):
    """Ends training after the present step, with a checkpoint, on SIGINT (Ctrl-C), SIGTERM or the preemption signal.

    The preemption signal is USR2, or $SUBMITIT_PREEMPT_SIGNAL. As a context manager it installs signal handlers and
    restores the former ones; only the main thread can do so, and a signal that the process ignores stays ignored.
    During a step the handler only records the signal. Before the first step, while data are read and feature spaces are
    prepared, and during what `complete` calls, such as scoring, it raises Interrupted at once. Several processes agree
    every `agree_every` steps, and stop at the same step. A second Ctrl-C ends training at once. Raises ValueError for
    `agree_every` below 1.
    """

    def __init__(self, agree_every: int = 10) -> None:
        if agree_every < 1:
            raise ValueError(f"agree_every must be at least 1, got {agree_every}")
        self.agree_every = agree_every
        self.signal_number = 0  # of the signal that ends training, after agreement: of this or another process
        self.abandoned = False  # whether work was ended before its end, see `complete`
        self._received = 0
        self._at_once = False  # whether the handler raises, because nothing has to be saved
        self._owner = os.getpid()
        self._former_handlers: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether training is to end."""
        return bool(self.signal_number or self._received)

    def __enter__(self) -> Self:
        self._owner = os.getpid()
        self._at_once = True
        if threading.current_thread() is threading.main_thread():
            for number in _signals():
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._former_handlers[number] = signal.signal(number, self._record)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._at_once = False
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)

    def complete(self, work: Callable[[], object]) -> bool:
        """Call `work` and return whether it was completed; a signal, now or before, ends it at once.

        For what a resumed run can do again, such as scores: `abandoned` then becomes true.
        """
        before, self._at_once = self._at_once, True
        try:
            if not self._received:
                work()
                return True
        except Interrupted:
            pass
        finally:
            self._at_once = before
        self.abandoned = True
        return False

    def call_former_handler(self) -> None:
        """Call the received signal's former handler unless it is a default; submitit's handler requeues the job."""
        handler = self._former_handlers.get(self._received)
        if callable(handler) and handler is not signal.default_int_handler:
            handler(self._received, sys._getframe())

    def setup(self, trainer: pl.Trainer, module: GANModule, stage: str) -> None:  # type: ignore[override]
        """Disable Lightning's own signal handlers."""
        private_api.disable_signal_handlers(trainer)

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """From here on let a step end first; stop before the first one if a signal was received."""
        self._at_once = False
        self._agree(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Stop if a signal was received."""
        if trainer.world_size == 1 or module.steps % self.agree_every == 0:
            self._agree(trainer)

    def _agree(self, trainer: pl.Trainer) -> None:
        self.signal_number = self._received
        if trainer.world_size > 1:
            number = torch.tensor(self._received, device=trainer.strategy.root_device)
            self.signal_number = int(trainer.strategy.reduce(number, reduce_op="max"))
        trainer.should_stop = trainer.should_stop or bool(self.signal_number)

    def _record(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:  # a forked child, such as a data worker: its parent stops it
            return
        if self._received and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        if not self._received:
            self._received = number
            again = "; press Ctrl-C again to stop at once" if number == signal.SIGINT else ""
            name = "" if number == signal.SIGINT else f"{signal.Signals(number).name}: "
            if self._at_once:
                raise Interrupted(number)
            write_error_line(f"\n{name}stopping after this step to save it{again}\n")


def _signals() -> set[int]:
    name = os.environ.get(PREEMPT_VARIABLE, "").upper().removeprefix("SIG") or "USR2"
    preempt = getattr(signal, f"SIG{name}", signal.SIGUSR2)
    return {signal.SIGINT, signal.SIGTERM, preempt}
