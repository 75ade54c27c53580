"""A lock, so only one process at a time trains in a run directory."""

import errno
import fcntl
import json
import logging
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ganlab.core.errors import UserError
from ganlab.runs.directory import unwritable

log = logging.getLogger(__name__)

_held: set[Path] = set()  # by this process: the system's lock only works between processes


class RunLock:
    """Context manager that locks a run directory; raises UserError naming the process that holds the lock.

    A POSIX record lock on the file `.lock`: it ends with its process, however that ends, is not inherited by child
    processes, and works between the machines of a network file system that supports locks (NFS 4; NFS 3 with lockd).
    If the file system cannot lock, a warning is logged and nothing is locked. The file is not removed, since two
    processes could then lock two files of the same name.
    """

    def __init__(self, directory: Path) -> None:
        self.directory, self.path = directory, directory.resolve() / ".lock"

    def __enter__(self) -> Self:
        if self.path in _held:
            raise self._error(_this_process())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise unwritable(self.directory, error) from error
        try:
            self._acquire()
        except BaseException:
            os.close(self._descriptor)
            raise
        _held.add(self.path)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        _held.discard(self.path)
        os.close(self._descriptor)

    def _acquire(self) -> None:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                raise self._error(self._read_holder()) from None
            log.warning(
                "%s cannot be locked (%s); make sure that no other process trains there", self.directory, error.strerror
            )
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, json.dumps(_this_process()).encode())
        except OSError as error:
            raise unwritable(self.directory, error) from error

    def _read_holder(self) -> dict[str, Any]:
        try:
            holder = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return holder if isinstance(holder, dict) else {}

    def _error(self, holder: dict[str, Any]) -> UserError:
        process = f"process {holder.get('pid', '?')} on {holder.get('host', 'an unknown machine')}"
        return UserError(
            f"run_dir={self.directory} is in use by {process}; wait for it, stop it, or choose another run_dir"
        )


def _this_process() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname()}
