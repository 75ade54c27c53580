"""Starts processes by forking one that has imported everything already, which saves each of them seconds of imports.

The forked process runs `python -m MODULE ARGUMENTS` in a session of its own, with its own environment, files and
signals. The server is a fresh interpreter with one thread, which has used neither CUDA nor OpenMP nor any data.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

CHUNK_BYTES = 1 << 16
POLL_SECONDS = 0.05
# Variables that nothing reads while modules are imported, so processes of one server may differ in them.
READ_LATE = ("CUDA_VISIBLE_DEVICES",)


@final
class ServerEndedError(Exception):
    """The server has ended, so it starts no process any more."""


@final
class ForkedProcess:
    """A process that a fork server has started; its members are those of subprocess.Popen.

    If the server is gone, the exit code of its processes is unknown: it is then reported as -SIGKILL.
    """

    def __init__(self, server: "ForkServer", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._server = server

    def poll(self) -> int | None:
        """Return the exit code, minus the number of the signal that ended the process, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.exit_code(self.pid, wait=False)
        return self.returncode

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""
        while self.returncode is None:
            self.returncode = self._server.exit_code(self.pid, wait=True)
            if self.returncode is None:
                time.sleep(POLL_SECONDS)
        return self.returncode

    def kill(self) -> None:
        """Kill the process, unless it is known to have ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@final
class ForkServer:
    """A process with `modules` imported, in one environment; it ends with this object, but its processes do not."""

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self._connection, other = socket.socketpair()
        program = ["-m", "ganlab.sweeps.launchers.fork_server_program", str(other.fileno()), *modules]
        with other:
            self._process = subprocess.Popen(
                [sys.executable, *program],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's Ctrl-C does not reach it
                pass_fds=(other.fileno(),),
            )
        self.pid = self._process.pid
        self._end = weakref.finalize(self, _end_server, self._connection, self._process)  # at exit, at the latest
        self._buffer = b""
        self._codes: dict[int, int] = {}
        self._requests = 0
        self._has_ended = False

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        files: tuple[int, int, int],
        pass_fds: Sequence[int] = (),
        directory: Path | None = None,
    ) -> ForkedProcess:
        """Run a module in a new process whose stdin, stdout and stderr are `files`.

        Raises ServerEndedError if the server has ended.
        """
        self._requests += 1
        request = {
            "request": self._requests,
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": str(directory or Path.cwd()),
        }
        data = json.dumps(request).encode() + b"\n"
        try:
            sent = socket.send_fds(self._connection, [data], [*files, *pass_fds])
            self._connection.sendall(data[sent:])
        except OSError as error:
            raise ServerEndedError from error
        while message := self._read(wait=True):
            if message.get("request") == self._requests:
                return ForkedProcess(self, message["pid"])
        raise ServerEndedError

    def exit_code(self, pid: int, wait: bool) -> int | None:
        """Return the exit code of a process, or None while it runs; `wait` is for the server to report it."""
        while pid not in self._codes:
            if not self._read(wait):
                return -signal.SIGKILL if self._has_ended and not _is_running(pid) else None
        return self._codes.pop(pid)

    def close(self) -> None:
        """End the server; processes that it has started go on."""
        self._end()

    def _read(self, wait: bool) -> dict[str, Any] | None:
        """Return the next message, None if there is none, or if there will be none."""
        while b"\n" not in self._buffer:
            try:
                chunk = self._connection.recv(CHUNK_BYTES, 0 if wait else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except OSError:
                chunk = b""
            if not chunk:
                self._has_ended = True
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        if "code" in message:
            self._codes[message["pid"]] = message["code"]
        return message


def _end_server(connection: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    connection.close()
    process.wait()


def _is_running(pid: int) -> bool:
    """Return whether a process runs; one that has ended may still be listed, if nothing collects it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def shared_environment(environment: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the part of an environment that processes of one server must have in common."""
    return frozenset((name, value) for name, value in environment.items() if name not in READ_LATE)
