import os
import signal
import socket

import pytest
from support.lock_holder import holder_of

from ganlab.core.errors import Interrupted
from ganlab.core.file_lock import FileLock


def test_the_later_process_waits_and_names_the_first(tmp_path):
    names = []
    with holder_of(tmp_path / "deep" / "lock") as release:

        def wait(name):
            names.append(name)
            release()

        with FileLock(tmp_path / "deep" / "lock", wait):
            pass
    (name,) = names
    assert name.startswith("process ")
    assert name.endswith(f" on {socket.gethostname()}")


def test_a_free_lock_is_taken_at_once_and_again(tmp_path):
    for _ in range(2):
        with FileLock(tmp_path / "lock", pytest.fail) as lock:
            assert str(os.getpid()) in lock.path.read_text()


def test_a_signal_ends_the_wait(tmp_path):
    def stop(number, frame):
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with (
            holder_of(tmp_path / "lock"),
            pytest.raises(Interrupted, match="stopped by SIGALRM"),
            FileLock(tmp_path / "lock", lambda name: signal.setitimer(signal.ITIMER_REAL, 0.02)),
        ):
            pytest.fail("the lock is held by another process")
    finally:
        signal.signal(signal.SIGALRM, before)
