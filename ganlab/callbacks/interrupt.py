import signal
import sys
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from ganlab.module import GANModule


class Interrupt(pl.Callback):
    """Lets Ctrl-C end training after the step in hand, so that it can be saved; a second one ends it at once."""

    def __init__(self) -> None:
        self.requested = False
        self._former: Any = signal.SIG_DFL

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Take over the signal."""
        self._former = signal.signal(signal.SIGINT, self._request)

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Stop where it was asked for."""
        if self.requested:
            trainer.should_stop = True

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Give the signal back."""
        signal.signal(signal.SIGINT, self._former)

    def on_exception(self, trainer: pl.Trainer, module: GANModule, exception: BaseException) -> None:  # type: ignore[override]
        """Give the signal back."""
        signal.signal(signal.SIGINT, self._former)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nstopping after this step to save it; press Ctrl-C again to stop at once", file=sys.stderr, flush=True)
