"""Renews the heartbeat in status.json during slow steps, evaluations and downloads."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from ganlab.runs.directory import RunDirectory
from ganlab.runs.liveness import HEARTBEAT_SECONDS


class Heartbeat:
    """Context manager that renews a running run's heartbeat every `seconds` from its own thread.

    The heartbeat shows that the process is alive; `time` and `step`, which training writes, show its progress.
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
            with suppress(OSError):  # the disk is full or unavailable: training itself will report it
                self.directory.renew_heartbeat()
