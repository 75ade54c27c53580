"""The further processes of a run on this machine, from their start to their end."""

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
# Where a process is lost, the others notice in their next collective at once, or hang in it for ever.
GRACE_SECONDS = 20.0
NOTICE_SECONDS = 3.0  # for a process that has closed its connections to have ended, too
GOODBYE_SECONDS = 60.0  # for a process to end that has no more to do


class _Child(NamedTuple):
    rank: int
    process: subprocess.Popen[bytes]
    line: socket.socket  # it ends when we end; in the other direction come a process's last words


@final
class ChildProcesses:
    """Processes that live no longer than this one, and whose death it does not survive.

    `on_process_lost` is called with the sentence to leave behind where this process hangs and has to be ended by force.
    """

    def __init__(
        self,
        command: Sequence[str],
        environments: Mapping[int, Mapping[str, str]],
        on_process_lost: Callable[[str], object],
    ) -> None:
        self._size = len(environments) + 1
        self._members = [_start(rank, command, environment) for rank, environment in environments.items()]
        self._mourn = on_process_lost
        self._failure: Exception | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="ganlab-crew").start()

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """The processes."""
        return [member.process for member in self._members]

    def failure(self, seconds: float = NOTICE_SECONDS) -> Exception | None:
        """Return what to raise for a process that has failed, or fails within so many seconds."""
        if self._failure is None:
            failed = _first(lambda: next((each for each in self._members if each.process.poll()), None), seconds)
            self._failure = self._of(failed) if failed else None
        return self._failure

    def _of(self, failed: _Child) -> Exception:
        words, code = _read(failed.line), failed.process.returncode
        if words:
            told = f"process {failed.rank} of {self._size}: {words}"
            return UserError(told) if code == 2 else TrainingError(told)
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return TrainingError(
            f"process {failed.rank} of {self._size} {end}; the same command goes on from the last checkpoint"
        )

    def join(self) -> None:
        """Wait for the processes, which have done all there is to do; raises TrainingError where one has not."""
        self._over.set()
        for member in self._members:
            with contextlib.suppress(subprocess.TimeoutExpired):
                member.process.wait(GOODBYE_SECONDS)
        failure = self.failure(seconds=0)
        self.end()
        if failure:
            raise failure

    def end(self) -> None:
        """End the processes at once."""
        self._over.set()
        for member in self._members:
            member.process.kill()
            member.process.wait()
            member.line.close()

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            if any(process.poll() for process in self.processes) and not self._over.wait(GRACE_SECONDS):
                # The main thread is in a collective that never returns, where no exception reaches it.
                failure = self.failure(seconds=0)
                with contextlib.suppress(Exception):
                    self._mourn(str(failure))
                self.end()
                print(f"stopped: {failure}", file=sys.stderr, flush=True)
                os._exit(2 if isinstance(failure, UserError) else 1)


def _start(rank: int, command: Sequence[str], environment: Mapping[str, str]) -> _Child:
    ours, theirs = socket.socketpair()
    with theirs:
        # A process group of their own: a person's Ctrl-C is for the first process, which tells the others.
        process = subprocess.Popen(command, env=dict(environment), stdin=theirs.fileno(), process_group=0)
    return _Child(rank, process, ours)


def _read(line: socket.socket) -> str:
    line.settimeout(NOTICE_SECONDS)
    words = b""
    with contextlib.suppress(OSError):
        while piece := line.recv(4096):
            words += piece
    return words.decode(errors="replace")


def _first(look: Callable[[], _Child | None], seconds: float) -> _Child | None:
    pause = threading.Event()
    for _ in range(max(1, round(seconds / 0.05))):
        if found := look():
            return found
        pause.wait(0.05 if seconds else 0)
    return look()
