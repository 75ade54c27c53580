"""Training time, excluding sampling, evaluation and checkpointing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class TrainingClock:
    """Measures seconds of training since its construction; seconds spent in `paused` blocks are counted separately."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.paused_seconds = 0.0

    @property
    def seconds(self) -> float:
        """The seconds of training so far."""
        return time.perf_counter() - self._start - self.paused_seconds

    @contextmanager
    def paused(self, device: torch.device) -> Iterator[None]:
        """Exclude the enclosed block from training time; work that is queued on a CUDA device is completed before."""
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.paused_seconds += time.perf_counter() - started
