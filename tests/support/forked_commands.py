"""Runs `python -m MODULE` in a process forked from one that has imported ganlab: as fresh, and seconds faster."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ganlab.sweeps.launchers.fork_server import ForkedProcess, ForkServer
from ganlab.sweeps.launchers.job_processes import PRELOADED


def run_module(
    module: str, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a module in a folder, with all its output captured; elsewhere than on Linux in a new Python."""
    if sys.platform != "linux":
        line = [sys.executable, "-m", module, *arguments]
        return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull) as null:
        files = (null.fileno(), out.fileno(), err.fileno())
        process = _server(_read_early(environment)).start(module, arguments, environment, files, directory=cwd)
        code = process.wait()
        texts = [_content(file) for file in (out, err)]
    return subprocess.CompletedProcess([module, *arguments], code, *texts)


def run_without_reader(module: str, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> int:
    """Run a module whose output goes to a pipe that nothing reads, as after `| head`; returns its exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with open(os.devnull) as null:
            if sys.platform != "linux":
                line = [sys.executable, "-m", module, *arguments]
                return subprocess.run(line, cwd=cwd, env=environment, stdout=writer, stderr=writer).returncode
            files = (null.fileno(), writer, writer)
            server = _server(_read_early(environment))
            return server.start(module, arguments, environment, files, directory=cwd).wait()
    finally:
        os.close(writer)


def start_module(
    module: str, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], errors: Path
) -> ForkedProcess | subprocess.Popen[bytes]:
    """Start a module in a session of its own; its stderr goes to a file, its stdout nowhere."""
    with errors.open("wb") as file, open(os.devnull, "r+b") as null:
        if sys.platform != "linux":
            line = [sys.executable, "-m", module, *arguments]
            return subprocess.Popen(line, cwd=cwd, env=environment, stdout=null, stderr=file, start_new_session=True)
        files = (null.fileno(), null.fileno(), file.fileno())
        return _server(_read_early(environment)).start(module, arguments, environment, files, directory=cwd)


@cache
def _server(variables: frozenset[tuple[str, str]]) -> ForkServer:
    return ForkServer(PRELOADED, dict(variables))


def _read_early(environment: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the variables that are read when Python starts or modules are imported."""
    names = ("PYTHON", "OMP_", "MKL_", "OPENBLAS_", "LD_", "PATH", "HOME", "LANG", "LC_")
    early = {name: value for name, value in environment.items() if name.startswith(names)}
    return frozenset((early | {"HOME": os.environ.get("HOME", "")}).items())


def _content(file) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
