"""The files of a run are valid at every moment, and a directory belongs to one run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from omegaconf import OmegaConf
from support.small_runs import POINTS

from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main
from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory, new_directory, write_json
from ganlab.runs.heartbeat import Heartbeat
from ganlab.runs.liveness import LOST_SECONDS
from ganlab.runs.lock import RunLock

CONFIG = {"seed": 0, "iterations": 5, "loss": {"_target_": "a.B", "flip": 0.0}, "logger": {}, "game": {"loss": 1}}


def test_the_status_keeps_fields_that_were_written_before(tmp_path):
    run = RunDirectory(tmp_path / "new" / "run")
    assert run.status() == {}
    run.write_status("running", step=3, iterations=9)
    run.write_status("failed", step=4, reason="why")
    status = run.status()
    assert status.pop("time")
    assert status.pop("heartbeat")
    assert status.pop("pid") == os.getpid()
    assert status.pop("host") == socket.gethostname()
    assert status == {"state": "failed", "step": 4, "iterations": 9, "reason": "why"}


def test_json_is_written_atomically(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert json.loads(path.read_text()) == {"x": 1}


def test_scores(tmp_path):
    run = RunDirectory(tmp_path)
    assert run.scores() == {}
    write_json(tmp_path / "scores.json", {"scores": {"fid": 2.5}, "protocol": {}})
    assert run.scores() == {"fid": 2.5}


def start(run, config):
    """Start or resume a run, and write a checkpoint."""
    run.check_config(config)
    run.write_config(config)
    (run.path / "checkpoints").mkdir(exist_ok=True)
    (run.path / "checkpoints" / "last.ckpt").touch()


def test_a_run_is_resumed_with_the_same_settings_only(tmp_path):
    run = RunDirectory(tmp_path)
    start(run, OmegaConf.create(CONFIG))
    start(run, OmegaConf.create(CONFIG))
    start(run, OmegaConf.create(CONFIG | {"iterations": 9, "logger": {"csv": {}}}))
    assert OmegaConf.load(run.config).iterations == 9
    with pytest.raises(UserError) as caught:
        start(run, OmegaConf.create(CONFIG | {"seed": 1, "loss": {"_target_": "a.B"}}))
    assert "seed was 0, now 1" in str(caught.value)
    assert "loss.flip was 0.0, now absent" in str(caught.value)
    assert OmegaConf.load(run.config).seed == 0


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({"trainer": {"precision": "32-true"}}, {"trainer": {"precision": "bf16-mixed"}}, "trainer.precision was 32"),
        (
            {"training_hook": {}},
            {"training_hook": {"anneal": {"samples": 9}}},
            "training_hook.anneal.samples was absent, now 9",
        ),
    ],
)
def test_settings_that_change_numbers_must_match(before, after, sentence, tmp_path):
    run = RunDirectory(tmp_path)
    start(run, OmegaConf.create(CONFIG | before))
    with pytest.raises(UserError, match=sentence):
        start(run, OmegaConf.create(CONFIG | after))


def test_the_data_root_may_change_when_a_run_is_resumed(tmp_path):
    run = RunDirectory(tmp_path)
    for root in ("here", "there"):
        start(run, OmegaConf.create(CONFIG | {"data_root": root, "data": {"data_root": "${data_root}"}}))
    with pytest.raises(UserError, match=r"data\.data_root was there, now elsewhere"):
        start(run, OmegaConf.create(CONFIG | {"data_root": "there", "data": {"data_root": "elsewhere"}}))


def test_the_devices_may_change_when_a_run_is_resumed(tmp_path):
    run = RunDirectory(tmp_path)
    start(run, OmegaConf.create(CONFIG | {"trainer": {"accelerator": "gpu", "precision": "32-true"}}))
    start(run, OmegaConf.create(CONFIG | {"trainer": {"accelerator": "cpu", "precision": "32-true"}}))


def test_interpolations_are_resolved_before_they_are_compared(tmp_path):
    run = RunDirectory(tmp_path)
    start(run, OmegaConf.create({"seed": 3, "data": {"seed": "${seed}"}}))
    assert OmegaConf.load(run.config).data.seed == 3
    start(run, OmegaConf.create({"seed": 3, "data": {"seed": 3}}))


def test_a_run_without_a_trained_step_may_be_started_with_other_settings(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_config(OmegaConf.create(CONFIG))
    run.check_config(OmegaConf.create(CONFIG | {"seed": 1}))
    (tmp_path / "metrics.csv").touch()
    with pytest.raises(UserError, match="seed was 0, now 1"):
        run.check_config(OmegaConf.create(CONFIG | {"seed": 1}))


def test_settings_of_the_game_must_match_and_repeated_ones_are_named_once(tmp_path):
    run, loss = RunDirectory(tmp_path), {"_target_": "a.B", "margin": 1}
    config = CONFIG | {"loss": loss, "game": {"_target_": "a.Game", "beta": 1, "loss": "${loss}"}}
    start(run, OmegaConf.create(config))
    for game, sentence in (
        ({"beta": 7}, r"\(game.beta was 1, now 7\)"),
        ({"_target_": "a.Other"}, "game._target_ was a.Game"),
    ):
        with pytest.raises(UserError, match=sentence):
            run.check_config(OmegaConf.create(config | {"game": config["game"] | game}))
    with pytest.raises(UserError, match=r"\(loss.margin was 1, now 2\)"):
        run.check_config(OmegaConf.create(config | {"loss": loss | {"margin": 2}}))


def test_a_folder_of_images_may_move_if_its_fingerprint_is_known(tmp_path):
    run = RunDirectory(tmp_path)
    here, there = (OmegaConf.create(CONFIG | {"data": {"path": path}}) for path in ("here", "there"))
    start(run, here)
    with pytest.raises(UserError, match=r"data\.path was here, now there"):
        run.check_config(there)
    run.write_status("running", data="abc")
    run.check_config(there)
    assert run.trained_on_other_data("def")
    assert not run.trained_on_other_data("abc")


def test_new_directories_do_not_exist_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    directories = [new_directory("a/b") for _ in range(3)]
    assert len(set(directories)) == 3
    assert all(path.is_dir() and path.parts[:3] == ("outputs", "a", "b") for path in directories)


def test_a_damaged_status_counts_as_missing(tmp_path):
    run = RunDirectory(tmp_path)
    for text in ("", '{"state": "runn', "[1, 2]", "\0" * 100, '{"state": "finished"} tail'):
        (tmp_path / "status.json").write_text(text)
        assert (run.status(), run.state()) == ({}, "waiting")
        run.write_status("running", step=1)
        assert (run.state(), run.status()["step"]) == ("running", 1)
    (tmp_path / "scores.json").write_text("{")
    assert run.scores() == {}


def test_the_status_is_overwritten_if_a_second_file_cannot_be_written(tmp_path):
    # A folder in the place of the temporary file stands for a full disk.
    run = RunDirectory(tmp_path)
    run.write_status("running", step=1, reason="long " * 100)
    (tmp_path / ".status.json.tmp").mkdir()
    run.write_status("failed", reason="no space left")
    assert (run.status()["state"], run.status()["reason"]) == ("failed", "no space left")


@pytest.fixture
def gone():
    """Return the pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_running_run_without_its_process_is_lost(tmp_path, gone):
    run = RunDirectory(tmp_path)
    assert run.state() == "waiting"
    run.write_status("running")
    assert run.state() == "running"
    run.write_status("running", pid=gone)
    assert run.state() == "lost"
    for state in ("finished", "failed", "preempted"):
        run.write_status(state, pid=gone)
        assert run.state() == state


def test_a_run_on_another_machine_is_lost_if_its_heartbeat_is_old(tmp_path, gone):
    run = RunDirectory(tmp_path)
    for seconds, state in ((0, "running"), (LOST_SECONDS / 2, "running"), (2 * LOST_SECONDS, "lost")):
        beat = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds")
        run.write_status("running", pid=gone, host="elsewhere", heartbeat=beat)
        assert run.state() == state
    for beat in ("yesterday", "2020-01-01T00:00:00", None, 3):
        run.write_status("running", heartbeat=beat)
        assert run.state() == "lost"


def test_the_heartbeat_is_renewed_while_nothing_else_is_written(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_status("running", step=3, heartbeat="2020-01-01T00:00:00+00:00")
    with Heartbeat(run, seconds=0.01):
        wait_for(lambda: run.status()["heartbeat"] > "2021")
    assert run.status()["step"] == 3
    run.write_status("finished", heartbeat="2020-01-01T00:00:00+00:00")
    run.renew_heartbeat()
    assert run.status()["heartbeat"] < "2021"


def test_a_heartbeat_that_cannot_be_written_does_not_end_the_run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.write_status("running")
    (tmp_path / "run" / ".status.json.tmp").mkdir()
    with Heartbeat(run, seconds=0.001) as heartbeat:
        (tmp_path / "run" / "status.json").unlink()
        wait_for(lambda: not heartbeat.directory.status())


def test_heartbeat_and_training_do_not_overwrite_each_other(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_status("running", step=0)
    with Heartbeat(run, seconds=0.0001):
        for step in range(300):
            RunDirectory(tmp_path).write_status("running", step=step)
            assert run.status()["step"] == step


def wait_for(condition):
    """Wait until the condition is true, at most a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


HOLD = """
import sys, pathlib
from ganlab.runs.lock import RunLock
from ganlab.commands.train import main
with RunLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_one_process_at_a_time_holds_a_directory(tmp_path, holder):
    with pytest.raises(UserError) as caught, RunLock(tmp_path / "run"):
        pass
    assert str(caught.value) == (
        f"run_dir={tmp_path / 'run'} is in use by process {holder.pid} on {socket.gethostname()}; wait for "
        "it, stop it, or choose another run_dir"
    )
    # The failed attempt has not released the lock.
    with pytest.raises(UserError, match=f"process {holder.pid}"), RunLock(tmp_path / "run"):
        pass
    holder.communicate("")
    with RunLock(tmp_path / "run"):
        pass


def test_a_second_run_in_a_directory_is_rejected_and_changes_nothing(tmp_path, holder, capsys):
    run = RunDirectory(tmp_path / "run")
    run.write_status("running", step=7)
    before = {path: path.read_bytes() for path in run.path.iterdir()}
    assert guarded(main, [*POINTS, f"run_dir={run.path}"]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"run_dir={run.path} is in use by process {holder.pid}")
    assert message.count("\n") == 1
    assert {path: path.read_bytes() for path in run.path.iterdir()} == before


def test_a_killed_process_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    with RunLock(tmp_path / "run"):
        pass


def test_one_process_does_not_train_twice_in_one_directory(tmp_path):
    with RunLock(tmp_path):
        with pytest.raises(UserError, match=f"process {os.getpid()} on"), RunLock(tmp_path / "." / ""):
            pass
        # The failed attempt has not released the lock.
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        rejected = subprocess.run(command, input="", capture_output=True, text=True)
        assert f"process {os.getpid()} on" in rejected.stderr.splitlines()[-1]


def test_a_child_process_does_not_inherit_the_lock(tmp_path):
    with RunLock(tmp_path):
        child = os.fork()
        if not child:
            signal.pause()
    try:
        held = subprocess.run([sys.executable, "-c", HOLD, str(tmp_path)], input="", capture_output=True, text=True)
        assert held.stdout == "held\n", held.stderr
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_damaged_configuration_is_reported_in_one_sentence(tmp_path):
    run = RunDirectory(tmp_path)
    (tmp_path / "metrics.csv").touch()
    for text in ("a: [", "- 1", "\0", ""):
        run.config.write_text(text)
        with pytest.raises(
            UserError, match=r"config\.yaml cannot be read \(.*\); remove it to resume with the present settings"
        ):
            run.check_config(OmegaConf.create(CONFIG))
