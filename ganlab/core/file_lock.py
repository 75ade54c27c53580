"""A lock for what several processes would otherwise compute at the same time: the later ones wait."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, final


@final
class FileLock:
    """Context manager that locks a file for this process; if another process holds the lock, it waits for its end.

    `on_wait` is called once, with the name of that process, before waiting. A signal handler that raises an exception
    ends the wait. A POSIX record lock: it ends with its process, however that ends. On a file system without locks
    nothing is locked. Raises OSError if the file cannot be written.
    """

    def __init__(self, path: Path, on_wait: Callable[[str], object]) -> None:
        self.path, self._on_wait = path, on_wait

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._acquire()
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self._descriptor)

    def _acquire(self) -> None:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                return  # this file system has no locks
            self._on_wait(self._holder())
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps([os.getpid(), socket.gethostname()]).encode(), 0)

    def _holder(self) -> str:
        try:
            pid, host = json.loads(os.pread(self._descriptor, 1024, 0))
        except ValueError:  # it has not written its name yet
            return "another process"
        return f"process {pid} on {host}"
