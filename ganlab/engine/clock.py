"""What training takes, without what is done beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class TrainingClock:
    """Counts the seconds since it was made, and apart from them those spent on samples, scores and checkpoints."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.seconds_beside = 0.0

    @property
    def seconds(self) -> float:
        """The seconds that training itself has taken."""
        return time.perf_counter() - self._start - self.seconds_beside

    @contextmanager
    def paused(self, device: torch.device) -> Iterator[None]:
        """Take what is done within for none of training; what training still has queued on the device ends first."""
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds_beside += time.perf_counter() - started
