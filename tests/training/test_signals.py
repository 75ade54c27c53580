"""A signal ends a run after the step in hand, saved, whenever it comes, and its sender can tell by the exit code."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from support.killed_runs import AtFunction, commanded
from support.small_runs import POINTS, assert_same, checkpoint, clean, go, state

from ganlab.callbacks import Interrupt

CALLBACKS = "callback=[nan_monitor,metrics_logger,evaluate,checkpoint,status_file,interrupt]"
BASE = [line for line in POINTS if not line.startswith(("iterations", "data", "trainer"))]
CHANGED = ("metric", "evaluate_every", "checkpoint_every")
POINTS = [line for line in POINTS if not line.startswith(CHANGED)]
SETTINGS = [*POINTS, CALLBACKS, "metric=[modes]", "protocol.samples=50", "evaluate_every=2", "checkpoint_every=0"]
SAVED = [*SETTINGS[:-1], "checkpoint_every=1"]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def status(directory):
    file = directory / "status.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole") / "run"
    go(directory, *SETTINGS)
    return state(directory)


# The function in which the signal comes, at its which call, and after how many steps the run is to end.
MOMENTS = [
    ("build_trainer", 1, 0),
    ("build_data", 1, 0),
    ("setup_data", 1, 0),
    ("training_step", 1, 1),
    ("accumulate", 7, 4),
    ("fakes_of", 1, 2),  # the first evaluation
    ("log_metrics", 3, 2),
    ("save_checkpoint", 1, None),  # the last, in training's own time: it is finished
    ("export", 1, None),
]


@pytest.mark.slow
@pytest.mark.parametrize(("function", "nth", "steps"), MOMENTS, ids=[moment[0] for moment in MOMENTS])
def test_a_signal_is_never_lost(tmp_path, whole, function, nth, steps):
    run = tmp_path / "run"
    ended = commanded(run, *SETTINGS, doom=AtFunction(function, signal.SIGTERM, nth))
    said = (tmp_path / "run.err").read_text()
    if steps is None:
        assert (ended, status(run)["state"]) == (0, "finished"), said
    else:
        assert ended == 128 + signal.SIGTERM, said
        assert {key: status(run)[key] for key in ("state", "step", "reason")} == {
            "state": "preempted",
            "step": steps,
            "reason": "stopped by SIGTERM",
        }
        assert checkpoint(run)["ganlab"]["steps"] == steps
        assert "SIGTERM: stopping after this step to save it" in said
        assert "Traceback" not in said
        go(run, *SETTINGS)
    assert_same(state(run), whole)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR2", 140)])
def test_the_exit_code_names_the_signal(tmp_path, name, code):
    run = tmp_path / "run"
    assert commanded(run, *SETTINGS, doom=AtFunction("accumulate", signal.Signals[name], 5)) == code
    assert status(run)["reason"] == f"stopped by {name}"
    assert f"saved at step 3 in {run}\ngo on with: ganlab train data=ring" in (tmp_path / "run.err").read_text()


@pytest.mark.slow
def test_the_second_ctrl_c_leaves_a_run_that_goes_on_from_its_last_checkpoint(tmp_path, whole):
    run = tmp_path / "run"
    assert commanded(run, *SAVED, doom=_Twice()) == 130
    assert status(run)["state"] == "preempted"
    assert status(run)["reason"] == "stopped at once by SIGINT; the run goes on from its last checkpoint"
    assert "Traceback" not in (tmp_path / "run.err").read_text()
    go(run, *SAVED)
    assert_same(state(run), whole)


class _Twice:
    """Two Ctrl-Cs within the fifth step."""

    def __init__(self):
        self.first = AtFunction("accumulate", signal.SIGINT, 9)
        self.second = AtFunction("move", signal.SIGINT, 9)

    def __call__(self, frame, event, called):
        self.first(frame, event, called)
        self.second(frame, event, called)


@pytest.fixture
def former():
    """A handler such as submitit's, which requeues the job; what it saw of the run directory when it was called."""
    seen = []

    def requeue(number, frame):
        seen.append((number, *(frame is not None and look() for look in requeue.looks)))

    requeue.looks, requeue.seen = [], seen
    before = {number: signal.signal(number, requeue) for number in (signal.SIGUSR2, signal.SIGUSR1)}
    yield requeue
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", ["SIGUSR2", "SIGUSR1"])
def test_the_handler_that_was_there_is_called_when_all_is_saved(tmp_path, monkeypatch, former, name):
    monkeypatch.setenv("SUBMITIT_PREEMPT_SIGNAL", name.removeprefix("SIG"))
    former.looks += [
        lambda: status(tmp_path)["state"],
        lambda: checkpoint(tmp_path)["ganlab"]["steps"],
        lambda: (tmp_path / "generator.safetensors").exists(),
        lambda: signal.getsignal(signal.Signals[name]) is former,
    ]
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3", f"callback.stop.name={name}"]
    result = go(tmp_path, *SETTINGS, *stop)
    assert (result.interrupted, result.signal) == (True, signal.Signals[name])
    assert former.seen == [(signal.Signals[name], "preempted", 3, True, True)]
    assert not go(tmp_path, *SETTINGS).interrupted
    assert len(former.seen) == 1


def test_a_run_that_ended_is_not_requeued(tmp_path, former):
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=6", "callback.stop.name=SIGUSR2"]
    result = go(tmp_path, *SETTINGS, *stop)
    assert (result.interrupted, result.signal, former.seen) == (False, 0, [])
    assert status(tmp_path)["state"] == "finished"


def test_a_signal_that_the_process_ignores_stays_ignored(tmp_path):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3", "callback.stop.name=SIGTERM"]
        assert not go(tmp_path, *SETTINGS, *stop).interrupted
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_forked_child_leaves_the_signal_to_its_parent():
    with Interrupt() as interrupt:
        child = os.fork()
        if not child:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(int(interrupt.requested))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not interrupt.requested


def test_another_thread_trains_without_the_signals(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    results = []
    thread = threading.Thread(target=lambda: results.append(go(tmp_path, *SETTINGS)))
    thread.start()
    thread.join()
    assert [result.interrupted for result in results] == [False]
    assert signal.getsignal(signal.SIGTERM) is before


def test_agree_every_has_a_bound():
    with pytest.raises(ValueError, match="agree_every must be at least 1, got 0"):
        Interrupt(agree_every=0)


def pictures(folder):
    folder.mkdir()
    for number in range(20):
        Image.new("RGB", (8, 8), (9 * number, 0, 99)).save(folder / f"{number}.png")
    return ["data=image_folder", f"data.path={folder}", "data.resolution=8", "features=random", "workers=2"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["two processes", "two workers"])
def test_all_processes_of_a_run_stop_at_the_same_step(tmp_path, kind):
    # As a scheduler does it: the whole group gets the signal, data workers and all. Of two processes only one does.
    run = tmp_path / "run"
    words = {
        "two processes": ["data=ring", "trainer=ddp", "trainer.accelerator=cpu"],
        "two workers": ["trainer=cpu", *pictures(tmp_path / "pictures")],
    }[kind]
    line = [Path(sys.executable).with_name("ganlab"), "train", *BASE, *words, "iterations=100000", f"run_dir={run}"]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(line, env=clean(), stderr=errors, start_new_session=True)
    try:
        while status(run).get("step", 0) < 15:
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.05)
        {"two processes": os.kill, "two workers": os.killpg}[kind](process.pid, signal.SIGTERM)
        assert process.wait() == 143, (tmp_path / "errors").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    found = status(run)
    assert (found["state"], found["reason"]) == ("preempted", "stopped by SIGTERM")
    assert checkpoint(run)["ganlab"]["steps"] == found["step"] < 100000
    assert "Traceback" not in (tmp_path / "errors").read_text()
