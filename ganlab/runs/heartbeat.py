"""A sign of life in status.json while something long goes on: a slow step, an evaluation, a download."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from ganlab.runs.directory import RunDirectory
from ganlab.runs.liveness import HEARTBEAT_SECONDS


class Heartbeat:
    """Renews a running run's heartbeat every `seconds` from a thread of its own, while it is entered.

    It tells that the process lives; `time` and `step`, which training writes, tell that it gets on.
    """

    def __init__(self, directory: RunDirectory, seconds: float = HEARTBEAT_SECONDS) -> None:
        self.directory, self.seconds = directory, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self.seconds):
            with suppress(OSError):  # a disk that is full or away: training itself will tell
                self.directory.beat()
