"""Forked processes are what `python -m` starts: own arguments, environment, files, session and exit codes."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from support.small_runs import clean

from ganlab.sweeps.launchers.fork_server import ForkServer, ServerEndedError, shared_environment
from ganlab.sweeps.launchers.job_processes import PRELOADED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are used on Linux")
PROGRAM = "support.forked_program"


@pytest.fixture(scope="module")
def server():
    started = ForkServer([], clean())
    yield started
    started.close()


class Started:
    """A forked process of the test program and what it writes."""

    def __init__(self, server: ForkServer, folder: Path, *arguments: str, pass_fds=(), **environment: str) -> None:
        self.out, self.err = folder / "out", folder / "err"
        with open(os.devnull) as null, self.out.open("wb") as out, self.err.open("wb") as err:
            files = (null.fileno(), out.fileno(), err.fileno())
            self.process = server.start(PROGRAM, arguments, clean(**environment), files, pass_fds, folder)

    def report(self) -> dict:
        assert self.process.wait() == 0, self.err.read_text()
        return json.loads(self.out.read_text())

    def wait_until_it_waits(self) -> None:
        while not self.out.read_text():
            assert self.process.poll() is None
            time.sleep(0.01)


def test_the_program_is_main_with_its_own_arguments_directory_and_environment(server, tmp_path):
    report = Started(server, tmp_path, "report", "a b", "ü", COLOUR="red").report()
    assert report["name"] == "__main__"
    assert report["arguments"] == ["report", "a b", "ü"]
    assert report["directory"] == str(tmp_path)
    assert report["environment"] == clean(COLOUR="red")
    assert report["stdin"] == ""
    assert report["leads_session"]
    assert report["interrupt"]


def test_no_two_programs_draw_the_same_numbers(server, tmp_path):
    draws = [Started(server, tmp_path, "report").report()["draws"] for _ in range(2)]
    assert draws[0][0] != draws[1][0]
    assert draws[0][1] != draws[1][1]


def test_only_the_passed_files_are_open(server, tmp_path):
    assert Started(server, tmp_path, "report").report()["open"] == []
    with (tmp_path / "lock").open("w") as lock:
        assert len(Started(server, tmp_path, "report", pass_fds=[lock.fileno()]).report()["open"]) == 1


@pytest.mark.parametrize(
    ("action", "code", "stderr"),
    [
        ("three", 3, ""),
        ("sentence", 1, "an error in one sentence\n"),
        ("kill", -signal.SIGKILL, ""),
        ("fail", 1, "ValueError: broken on purpose\n"),
    ],
)
def test_exit_codes_and_errors_are_those_of_a_subprocess(server, tmp_path, action, code, stderr):
    started = Started(server, tmp_path, action)
    assert started.process.wait() == started.process.poll() == code
    assert started.err.read_text().endswith(stderr)
    assert bool(started.err.read_text()) == bool(stderr)


def test_a_long_request_arrives_whole(server, tmp_path):
    words = [f"word {number} " + "x" * 1000 for number in range(300)]
    assert Started(server, tmp_path, "report", *words).report()["arguments"] == ["report", *words]


def test_processes_run_at_once_and_take_signals(server, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    first, second = (Started(server, tmp_path / name, "wait") for name in "ab")
    for started in (first, second):
        started.wait_until_it_waits()
    os.killpg(second.process.pid, signal.SIGTERM)
    assert second.process.wait() == -signal.SIGTERM
    assert first.process.poll() is None
    os.killpg(first.process.pid, signal.SIGINT)
    assert first.process.wait() == 1
    assert first.err.read_text().endswith("KeyboardInterrupt\n")


def test_a_process_leads_its_group_as_soon_as_it_has_started(server, tmp_path):
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        started = Started(server, tmp_path / str(number), "wait")
        os.killpg(started.process.pid, signal.SIGKILL)  # raises if there is no such group yet
        assert started.process.wait() == -signal.SIGKILL


def test_ending_the_server_leaves_its_processes_running(tmp_path):
    server = ForkServer([], clean())
    started = Started(server, tmp_path, "wait")
    started.wait_until_it_waits()
    server.close()
    os.kill(started.process.pid, 0)
    assert started.process.poll() is None
    os.kill(started.process.pid, signal.SIGKILL)
    assert started.process.wait() == -signal.SIGKILL


def test_a_server_that_was_killed_starts_nothing_more(tmp_path):
    server = ForkServer([], clean())
    server_pid = server.pid
    started = Started(server, tmp_path, "wait")
    started.wait_until_it_waits()
    os.kill(server_pid, signal.SIGKILL)
    with pytest.raises(ServerEndedError):
        Started(server, tmp_path, "report")
    assert started.process.poll() is None
    os.kill(started.process.pid, signal.SIGKILL)
    assert started.process.wait() == -signal.SIGKILL


def test_a_server_that_cannot_import_its_modules_starts_nothing(tmp_path, capfd):
    server = ForkServer(["support.there_is_no_such_module"], clean())
    with pytest.raises(ServerEndedError):
        Started(server, tmp_path, "report")
    assert "there_is_no_such_module" in capfd.readouterr().err


@pytest.mark.slow
def test_a_server_for_jobs_has_one_thread_and_has_used_no_device(tmp_path):
    server = ForkServer(PRELOADED, clean())
    Started(server, tmp_path, "three").process.wait()
    assert len(list(Path(f"/proc/{server.pid}/task").iterdir())) == 1
    assert "nvidia" not in "".join(os.readlink(file) for file in Path(f"/proc/{server.pid}/fd").iterdir())
    server.close()


def test_only_variables_that_are_read_late_may_differ_within_one_server():
    one, other = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "0"}, {"OMP_NUM_THREADS": "1"}
    assert shared_environment(one) == shared_environment(other)
    assert shared_environment(one) != shared_environment(one | {"OMP_NUM_THREADS": "2"})
