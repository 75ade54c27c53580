"""`end_process` ends a process as `sys.exit` would, but for the destruction of its objects."""

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading, time
{setup}
atexit.register(print, "exit handler")
from ganlab.core.process_end import end_process
print("no newline", end="")
print("error", end="", file=sys.stderr)
end_process({code})
"""
THREAD = 'threading.Thread(target=lambda: (time.sleep(0.2), print("thread", end=" "))).start()'
DAEMON = "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"


def run(setup: str, code: int) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(setup=setup, code=code)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@pytest.mark.parametrize("code", [0, 2])
def test_output_is_written_and_exit_handlers_run(code: int) -> None:
    done = run("", code)
    assert (done.returncode, done.stdout, done.stderr) == (code, "no newlineexit handler\n", "error")


def test_threads_are_awaited_unless_they_are_daemons() -> None:
    assert run(THREAD, 0).stdout == "no newlinethread exit handler\n"
    assert run(DAEMON, 0).stdout == "no newlineexit handler\n"


def test_a_closed_output_is_of_no_matter() -> None:
    assert run("atexit.register(sys.stdout.close)", 1).returncode == 1


def test_the_temporary_files_of_the_process_are_removed(tmp_path) -> None:
    setup = f"import tempfile; folder = tempfile.TemporaryDirectory(dir={str(tmp_path)!r})"
    assert run(setup, 0).returncode == 0
    assert list(tmp_path.iterdir()) == []
