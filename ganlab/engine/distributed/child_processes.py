"""The further processes of a run on this machine, from start to end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, final

from ganlab.core.errors import TrainingError, UserError

POLL_SECONDS = 0.5
# If a process is lost, the others either get an error from their next collective, or wait in it without end.
GRACE_SECONDS = 20.0
NOTICE_SECONDS = 3.0  # for a process that has closed its connections to exit, too
EXIT_SECONDS = 60.0  # for a process that has finished its work to exit


class _Child(NamedTuple):
    rank: int
    process: subprocess.Popen[bytes]
    pipe: socket.socket  # the child exits when our end closes; in the other direction it sends its error message


@final
class ChildProcesses:
    """Child processes that end with this process; if one fails, this process ends too.

    `on_process_lost` is called with the reason if this process waits for a lost one, before it is ended by `os._exit`.
    """

    def __init__(
        self,
        command: Sequence[str],
        environments: Mapping[int, Mapping[str, str]],
        on_process_lost: Callable[[str], object],
    ) -> None:
        self._size = len(environments) + 1
        self._children = [_start(rank, command, environment) for rank, environment in environments.items()]
        self._on_process_lost = on_process_lost
        self._failure: Exception | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="ganlab-child-processes").start()

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """The child processes."""
        return [child.process for child in self._children]

    def failure(self, seconds: float = NOTICE_SECONDS) -> Exception | None:
        """Return the error of a process that has failed, or fails within so many seconds; None if there is none."""
        if self._failure is None:
            failed = self._wait_for_failed(seconds)
            self._failure = self._error_of(failed) if failed else None
        return self._failure

    def join(self) -> None:
        """Wait for the processes, which have finished their work; raises the error of a process that has failed."""
        self._over.set()
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(EXIT_SECONDS)
        failure = self.failure(seconds=0)
        self.end()
        if failure:
            raise failure

    def end(self) -> None:
        """Kill the processes."""
        self._over.set()
        for child in self._children:
            child.process.kill()
            child.process.wait()
            child.pipe.close()

    def _error_of(self, failed: _Child) -> Exception:
        message, code = _read(failed.pipe), failed.process.returncode
        if message:
            sentence = f"process {failed.rank} of {self._size}: {message}"
            return UserError(sentence) if code == 2 else TrainingError(sentence)
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return TrainingError(
            f"process {failed.rank} of {self._size} {end}; run the same command to resume from the last checkpoint"
        )

    def _wait_for_failed(self, seconds: float) -> _Child | None:
        pause = threading.Event()
        for _ in range(max(1, round(seconds / 0.05))):
            if failed := self._first_failed():
                return failed
            pause.wait(0.05 if seconds else 0)
        return self._first_failed()

    def _first_failed(self) -> _Child | None:
        return next((child for child in self._children if child.process.poll()), None)

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            if self._first_failed() and not self._over.wait(GRACE_SECONDS):
                # The main thread is in a collective that never returns, and cannot receive an exception there.
                failure = self.failure(seconds=0)
                with contextlib.suppress(Exception):
                    self._on_process_lost(str(failure))
                self.end()
                print(f"stopped: {failure}", file=sys.stderr, flush=True)
                os._exit(2 if isinstance(failure, UserError) else 1)


def _start(rank: int, command: Sequence[str], environment: Mapping[str, str]) -> _Child:
    parent_end, child_end = socket.socketpair()
    with child_end:
        # In a process group of its own, the child gets no Ctrl-C: rank 0 receives it and stops all processes.
        process = subprocess.Popen(command, env=dict(environment), stdin=child_end.fileno(), process_group=0)
    return _Child(rank, process, parent_end)


def _read(pipe: socket.socket) -> str:
    pipe.settimeout(NOTICE_SECONDS)
    message = b""
    with contextlib.suppress(OSError):
        while chunk := pipe.recv(4096):
            message += chunk
    return message.decode(errors="replace")
