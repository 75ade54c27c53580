"""The program of a fork server: imports modules, then forks a child for every request that it receives.

`python -m ganlab.sweeps.launchers.fork_server_program SOCKET MODULE [MODULE ...]`; see `fork_server`.
"""

import contextlib
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, final

from ganlab.core.process_end import end_process

MAX_FILES = 16  # that one request passes on
CHUNK_BYTES = 1 << 16


@final
class Server:
    """Forks a child for each request of a client, and reports the exit codes of the children."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._wakeup, self._alarm = socket.socketpair()
        for end in (self._wakeup, self._alarm):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        for end in (client, self._wakeup):
            self._selector.register(end, selectors.EVENT_READ)

    def serve(self) -> int:
        """Serve until the client closes its end, and return 0; in a forked child, run its program, return its code."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what happens to its processes
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        while True:
            ready = [key.fileobj for key, _ in self._selector.select()]
            if self._wakeup in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup.recv(CHUNK_BYTES)
                self._report_ended()
            if self._client in ready:
                request, files = self._receive()
                if request is None:
                    return 0
                leads, session = os.pipe()
                child = _fork()
                if not child:
                    self._close()
                    os.close(leads)
                    os.setsid()
                    os.close(session)
                    return _run(request, files)
                for file in (*files, session):
                    os.close(file)
                os.read(leads, 1)  # ends when the child leads a session, so the client can send signals to its group
                os.close(leads)
                self._send({"request": request["request"], "pid": child})

    def _receive(self) -> tuple[dict[str, Any] | None, list[int]]:
        """Return a request, a line of JSON, and the files that came with it; None if the client has gone."""
        try:
            data, files, _, _ = socket.recv_fds(self._client, CHUNK_BYTES, MAX_FILES)
            while data and not data.endswith(b"\n"):
                data += self._client.recv(CHUNK_BYTES)
        except ConnectionResetError:
            return None, []
        return (json.loads(data) if data else None), files

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client is gone; the next read says so
            self._client.sendall(json.dumps(message).encode() + b"\n")

    def _report_ended(self) -> None:
        """Report the children that have ended, with exit codes as in subprocess: minus the signal that ended it."""
        with contextlib.suppress(ChildProcessError):  # there are no more children
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._send({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _close(self) -> None:
        """Close in a child what belongs to the server."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for end in (self._client, self._wakeup, self._alarm):
            end.close()


def preload(modules: Sequence[str]) -> None:
    """Import the modules; what they made stays out of reach of the garbage collector of every child.

    It would write to all of the memory that the children share with the server.
    """
    gc.disable()
    for name in modules:
        import_module(name)
    gc.freeze()


def _fork() -> int:
    with warnings.catch_warnings():
        # With several threads, numpy's OpenBLAS ends its own before a fork and starts new ones when it needs them.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _run(request: dict[str, Any], files: Sequence[int]) -> int:
    """Become the requested process and run its module as `python -m MODULE` would; returns the exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for descriptor in range(3):
        os.dup2(files[descriptor], descriptor)
        os.close(files[descriptor])
    for file in files[3:]:
        os.set_inheritable(file, True)  # for the processes that this one starts
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # a fork seeds Python's own generator again, but not numpy's
    gc.enable()
    sys.argv = [request["module"], *request["arguments"]]
    sys.path[0] = request["directory"]  # as -m sets it
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return _exit_code(end)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


def _nothing(*arguments: object) -> None:
    """Handle SIGCHLD, which is then written to the wakeup descriptor."""


if __name__ == "__main__":
    preload(sys.argv[2:])
    end_process(Server(socket.socket(fileno=int(sys.argv[1]))).serve())
