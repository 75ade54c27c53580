"""A signal at any moment ends a run after the present step, with a checkpoint; the exit code names the signal."""

import json
import os
import signal
import threading
import time
from contextlib import suppress

import pytest
from PIL import Image
from support.forked_commands import start_module
from support.killed_runs import AtFunction, command_in_process
from support.small_runs import POINTS, assert_same, checkpoint, clean, go, rows, state

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


# The function whose n-th call receives the signal, n, and the number of steps after which the run ends.
MOMENTS = [
    ("training_step", 1, 1),
    ("accumulate", 7, 4),
    ("log_metrics", 3, 2),
    ("save_checkpoint", 1, None),  # the last one, at the end of training: the run is finished
    ("export", 1, None),
]


@pytest.mark.slow
@pytest.mark.parametrize(("function", "nth", "steps"), MOMENTS, ids=[moment[0] for moment in MOMENTS])
def test_a_signal_is_never_lost(tmp_path, whole, function, nth, steps):
    run = tmp_path / "run"
    exit_code = command_in_process(run, *SETTINGS, killer=AtFunction(function, signal.SIGTERM, nth))
    output = (tmp_path / "run.err").read_text()
    if steps is None:
        assert (exit_code, status(run)["state"]) == (0, "finished"), output
    else:
        assert exit_code == 128 + signal.SIGTERM, output
        assert {key: status(run)[key] for key in ("state", "step", "reason")} == {
            "state": "preempted",
            "step": steps,
            "reason": "stopped by SIGTERM",
        }
        assert checkpoint(run)["ganlab"]["steps"] == steps
        assert "SIGTERM: stopping after this step to save it" in output
        assert "Traceback" not in output
        go(run, *SETTINGS)
    assert_same(state(run), whole)


@pytest.mark.slow
@pytest.mark.parametrize("function", ["build_trainer", "build_data", "build_metrics", "score_floor", "setup_data"])
def test_before_the_first_step_a_signal_ends_the_run_at_once(tmp_path, whole, function):
    run = tmp_path / "run"
    assert command_in_process(run, *SETTINGS, killer=AtFunction(function, signal.SIGTERM)) == 143
    output = (tmp_path / "run.err").read_text()
    assert (status(run)["state"], status(run)["reason"], status(run)["step"]) == ("preempted", "stopped by SIGTERM", 0)
    assert "stopped by SIGTERM before the first step; nothing was to be saved\nresume with: " in output
    assert output.splitlines()[-1].endswith(f"ganlab resume {run}")
    assert "Traceback" not in output
    assert not (run / "checkpoints").exists()
    go(run, *SETTINGS)
    assert_same(state(run), whole)


def logged(directory):
    names = ("step", "score/modes", "floor/modes", "generator/adversarial")
    return [[row.get(name) for name in names] for row in rows(directory)]


@pytest.mark.slow
@pytest.mark.parametrize(("nth", "steps"), [(1, 2), (3, 6)], ids=["during training", "at the end"])
def test_a_signal_ends_scoring_at_once_and_the_resumed_run_scores_first(tmp_path, whole, nth, steps):
    run = tmp_path / "run"
    assert command_in_process(run, *SETTINGS, killer=AtFunction("generated_samples", signal.SIGTERM, nth)) == 143
    assert (status(run)["state"], status(run)["step"]) == ("preempted", steps)
    assert f"the scores of step {steps} are left for the resumed run" in (tmp_path / "run.err").read_text()
    assert [row["step"] for row in rows(run) if row.get("score/modes")] == [str(n) for n in range(2, steps, 2)]
    result = go(run, *SETTINGS)
    assert result.metrics.keys() >= {"modes"}
    go(tmp_path / "other", *SETTINGS)
    assert logged(run) == logged(tmp_path / "other")
    assert_same(state(run), whole)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR2", 140)])
def test_the_exit_code_names_the_signal(tmp_path, name, code):
    run = tmp_path / "run"
    assert command_in_process(run, *SETTINGS, killer=AtFunction("accumulate", signal.Signals[name], 5)) == code
    assert status(run)["reason"] == f"stopped by {name}"
    hint = f"saved at step 3 in {run}\nresume with: GANLAB_ALLOW=support ganlab resume {run}\n"
    assert (tmp_path / "run.err").read_text().endswith(hint)


@pytest.mark.slow
def test_after_a_second_ctrl_c_the_run_is_resumed_from_its_last_checkpoint(tmp_path, whole):
    run = tmp_path / "run"
    assert command_in_process(run, *SAVED, killer=_Twice()) == 130
    assert status(run)["state"] == "preempted"
    assert status(run)["reason"] == "stopped at once by SIGINT; the run can be resumed from its last checkpoint"
    printed = (tmp_path / "run.err").read_text()
    assert "Traceback" not in printed
    assert printed.endswith(f"interrupted\nresume with: GANLAB_ALLOW=support ganlab resume {run}\n")
    go(run, *SAVED)
    assert_same(state(run), whole)


class _Twice:
    """Sends Ctrl-C twice within the fifth step."""

    def __init__(self):
        self.first = AtFunction("accumulate", signal.SIGINT, 9)
        self.second = AtFunction("clip_and_step", signal.SIGINT, 9)  # called by every update

    def __call__(self, frame, event, called):
        self.first(frame, event, called)
        self.second(frame, event, called)


@pytest.fixture
def former():
    """Install a handler like submitit's, which requeues the job; it records the results of its `checks`."""

    def requeue(number, frame):
        requeue.calls.append((number, *(frame is not None and check() for check in requeue.checks)))

    requeue.checks, requeue.calls = [], []
    before = {number: signal.signal(number, requeue) for number in (signal.SIGUSR2, signal.SIGUSR1)}
    yield requeue
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", ["SIGUSR2", "SIGUSR1"])
def test_the_former_handler_is_called_after_everything_is_saved(tmp_path, monkeypatch, former, name):
    monkeypatch.setenv("SUBMITIT_PREEMPT_SIGNAL", name.removeprefix("SIG"))
    former.checks += [
        lambda: status(tmp_path)["state"],
        lambda: checkpoint(tmp_path)["ganlab"]["steps"],
        lambda: (tmp_path / "generator.safetensors").exists(),
        lambda: signal.getsignal(signal.Signals[name]) is former,
    ]
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3", f"callback.stop.name={name}"]
    result = go(tmp_path, *SETTINGS, *stop)
    assert (result.interrupted, result.signal) == (True, signal.Signals[name])
    assert former.calls == [(signal.Signals[name], "preempted", 3, True, True)]
    assert not go(tmp_path, *SETTINGS).interrupted
    assert len(former.calls) == 1


def test_a_finished_run_is_not_requeued(tmp_path, former):
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=6", "callback.stop.name=SIGUSR2"]
    result = go(tmp_path, *SETTINGS, "metric=[]", *stop)  # without scores, which a signal would leave for later
    assert (result.interrupted, result.signal, former.calls) == (False, 0, [])
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


def test_training_in_another_thread_does_not_handle_signals(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    results = []
    thread = threading.Thread(target=lambda: results.append(go(tmp_path, *SETTINGS)))
    thread.start()
    thread.join()
    assert [result.interrupted for result in results] == [False]
    assert signal.getsignal(signal.SIGTERM) is before


def test_agree_every_has_a_minimum():
    with pytest.raises(ValueError, match="agree_every must be at least 1, got 0"):
        Interrupt(agree_every=0)


def write_images(folder):
    folder.mkdir()
    for number in range(20):
        Image.new("RGB", (8, 8), (9 * number, 0, 99)).save(folder / f"{number}.png")
    return ["data=image_folder", f"data.path={folder}", "data.resolution=8", "features=random", "workers=2"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["two processes", "two workers"])
def test_all_processes_of_a_run_stop_at_the_same_step(tmp_path, kind):
    # Like a scheduler, send the signal to the whole process group with its data workers; of two ranks only one gets it.
    run = tmp_path / "run"
    overrides = {
        "two processes": ["data=ring", "trainer=ddp", "trainer.accelerator=cpu"],
        "two workers": ["trainer=cpu", *write_images(tmp_path / "images")],
    }[kind]
    words = [*BASE, *overrides, "iterations=100000", f"run_dir={run}"]
    process = start_module("ganlab.commands.train", words, tmp_path, clean(), tmp_path / "errors")
    try:
        while status(run).get("step", 0) < 15:
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.05)
        {"two processes": os.kill, "two workers": os.killpg}[kind](process.pid, signal.SIGTERM)
        assert process.wait() == 143, (tmp_path / "errors").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    final = status(run)
    assert (final["state"], final["reason"]) == ("preempted", "stopped by SIGTERM")
    assert checkpoint(run)["ganlab"]["steps"] == final["step"] < 100000
    assert "Traceback" not in (tmp_path / "errors").read_text()
