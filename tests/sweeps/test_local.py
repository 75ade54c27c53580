"""Sweeps on this machine with real processes, signals and files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.instant_launcher import content, set_up
from support.small_runs import POINTS, command, rows

from ganlab.sweeps.jobs.job import Outcome
from ganlab.sweeps.launchers.local import Local

SCORED = [line for line in POINTS if not line.startswith("metric=")]
SCORED += ["metric=[wasserstein]", "optimized_metric=wasserstein", "protocol.samples=32"]
LOSSES = "loss._target_=ganlab.losses.Hinge,support.small_runs.Poison"
GRID = [
    *SCORED,
    "~loss.smoothing",
    "~loss.flip",
    LOSSES,
    "callback.stop._target_=support.small_runs.Stop",
    "callback.stop.at=3,99",
]
OTHER_RUN = {"LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "nowhere", "PL_GLOBAL_SEED": "7", "NODE_RANK": "1"}

pytestmark = pytest.mark.slow


def states(directory: Path) -> list[str]:
    return [Outcome.read(directory / str(i)).state for i in range(len(content(directory)["jobs"]))]


def wait_for(condition, process: subprocess.Popen) -> None:
    while not condition():
        assert process.poll() is None, "the process ended before the condition was true"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep of four jobs, of which one stops itself at step 3 and two fail, run twice."""
    folder = tmp_path_factory.mktemp("local")
    words = ["train", "-m", *GRID, "hydra.sweep.dir=sweep", "hydra.launcher.slots=2"]
    first = command(*words, cwd=folder, GANLAB_ALLOW="support", GANLAB_RUN_DIR=str(folder / "other"), **OTHER_RUN)
    before = states(folder / "sweep")
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("last.ckpt")}
    again = command(*words, cwd=folder, GANLAB_ALLOW="support")
    return folder / "sweep", (first, before, times), again


def test_a_failing_job_ends_no_other_job_and_sets_the_exit_code(sweep):
    _, (first, before, _), _ = sweep
    assert before == ["preempted", "finished", "failed", "failed"]
    assert first.returncode == 1
    assert "Traceback" not in first.stderr
    assert "job 2 failed 3/6: generator/adversarial became inf at step 3" in first.stderr


def test_each_job_has_its_own_directory_log_and_clean_environment(sweep):
    directory, _, _ = sweep
    assert not (directory.parent / "other").exists()
    for i in range(4):
        assert "training in sweep/" in (directory / str(i) / "job.log").read_text()
    assert [int(row["step"]) for row in rows(directory / "1")] == list(range(1, 7))


def test_running_it_again_resumes_only_unfinished_jobs(sweep):
    directory, (_, _, times), again = sweep
    assert states(directory) == ["finished", "finished", "failed", "failed"]
    assert again.returncode == 1
    started = [line for line in again.stderr.splitlines() if " starts: " in line]
    assert len(started) == 1
    assert started[0].startswith("job 0 starts: ")
    assert "continuing from step 3 of 6 in sweep/0" in (directory / "0" / "job.log").read_text()
    written = {path.parts[-3] for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert written == {"0"}


def test_sweep_json_and_the_table_have_all_results(sweep):
    directory, _, again = sweep
    record = content(directory)
    assert record["objectives"] == {"wasserstein": False}
    assert record["swept"] == ["loss._target_", "callback.stop.at"]
    assert [job["state"] for job in record["jobs"]] == states(directory)
    assert "became inf" in record["jobs"][2]["reason"]
    (best,) = (record["configurations"][i] for i in record["best"])
    scores = [job["scores"]["wasserstein"] for job in record["jobs"][:2]]
    assert best["scores"]["wasserstein"]["mean"] == min(scores)
    assert record["rerun"][0] in again.stdout
    assert "best by wasserstein (lower is better)" in again.stdout
    assert "retry the failed jobs with --retry-failed" in again.stdout
    assert record["command"].startswith("GANLAB_ALLOW=support ganlab train -m data=ring")
    assert record["resume"] == f"cd {directory.parent} && {record['command']}"
    assert (directory / "parallel_wasserstein.png").read_bytes().startswith(b"\x89PNG")


def test_status_and_collect_read_the_directory(sweep):
    directory, _, _ = sweep
    status = command("sweep", "status", str(directory), cwd=directory.parent)
    assert status.returncode == 1
    lines = status.stdout.splitlines()
    assert lines[-1] == "4 jobs: 2 finished, 2 failed"
    assert lines[1].startswith("0    loss._target_=ganlab.losses.Hinge callback.stop.at=3")
    (directory / "parallel_wasserstein.png").unlink()
    collected = command("sweep", "collect", str(directory), cwd=directory.parent)
    assert collected.returncode == 0
    assert "reproduce the best with: GANLAB_ALLOW=support ganlab train" in collected.stdout
    assert (directory / "parallel_wasserstein.png").exists()


def test_on_a_signal_the_jobs_save_their_state_and_end(tmp_path):
    long = [line for line in POINTS if not line.startswith("iterations=")]
    words = ["-m", "train", "-m", *long, "iterations=1000000", "seed=0,1", "hydra.sweep.dir=sweep"]
    words[1:2] = ["ganlab.commands.train"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GANLAB")}
    launcher = subprocess.Popen(
        [sys.executable, *words, "hydra.launcher.slots=1"], cwd=tmp_path, env=clean, stderr=subprocess.PIPE, text=True
    )
    run = tmp_path / "sweep" / "0"
    wait_for(lambda: Outcome.read(run).step > 2, launcher)
    second = command("train", *words[2:], cwd=tmp_path)
    assert second.returncode == 2
    assert "is still running; see `ganlab sweep status sweep`" in second.stderr
    launcher.send_signal(signal.SIGTERM)
    _, stderr = launcher.communicate()
    assert launcher.returncode == 128 + signal.SIGTERM
    assert Outcome.read(run).state == "preempted"
    assert (run / "checkpoints" / "last.ckpt").exists()
    assert Outcome.read(tmp_path / "sweep" / "1").state == "waiting"
    assert stderr.splitlines()[-1] == f"resume with: {content(tmp_path / 'sweep')['command']}"


def test_the_launcher_writes_the_state_of_a_job_that_could_not(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(Path(__file__).parents[1])])
    )
    launcher = set_up(Local(slots=2), tmp_path / "sweep")
    killed = [
        *POINTS,
        "callback.stop._target_=support.small_runs.Stop",
        "callback.stop.at=3",
        "callback.stop.name=SIGKILL",
    ]
    foreign = [*POINTS, "seed=1"]
    (_, other) = launcher.record.plan([killed, foreign])
    other.directory.mkdir(parents=True)
    (other.directory / "config.yaml").write_text("seed: 5\n")
    (other.directory / "metrics.csv").touch()  # so it counts as trained
    handler = signal.getsignal(signal.SIGINT)
    results = launcher.launch([killed, foreign], 0)
    launcher.record.unlock()
    assert signal.getsignal(signal.SIGINT) is handler
    assert all(result.return_value != result.return_value for result in results)  # NaN
    one, two = (json.loads((tmp_path / "sweep" / name / "status.json").read_text()) for name in "01")
    assert (one["state"], two["state"]) == ("failed", "failed")
    assert one["reason"].startswith("killed by SIGKILL; see ")
    assert "holds a run with other settings (" in two["reason"]
    assert two["reason"].endswith("(exit code 2)")


def test_failed_jobs_are_retried_only_on_request(tmp_path, monkeypatch):
    # The job fails because of a file of another run, which the test changes and then removes.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(Path(__file__).parents[1])])
    )
    foreign = tmp_path / "sweep" / "0" / "config.yaml"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("seed: 5\n")
    foreign.with_name("metrics.csv").touch()  # so it counts as trained

    def state(**settings):
        launcher = set_up(Local(slots=1, **settings), tmp_path / "sweep")
        launcher.launch([[*POINTS, "seed=1"]], 0)
        launcher.record.unlock()
        return Outcome.read(foreign.parent).state

    assert state() == "failed"
    foreign.write_text("seed: [")
    assert state() == "failed"
    assert "holds a run with other settings" in Outcome.read(foreign.parent).reason  # the job was not retried
    assert state(retry_failed=True) == "failed"
    assert "holds a run with other settings" not in Outcome.read(foreign.parent).reason
    foreign.unlink()
    assert state(retry_failed=True) == "finished"


def test_a_job_may_start_processes(tmp_path):
    pair = ["trainer=ddp", "trainer.accelerator=cpu", "seed=choice(3)", "hydra.sweep.dir=sweep"]
    points = [line for line in POINTS if not line.startswith("trainer=")]
    done = command("train", "-m", *points, *pair, cwd=tmp_path)
    assert done.returncode == 0, done.stderr + (tmp_path / "sweep" / "0" / "job.log").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep"]
    assert sorted(path.name for path in (tmp_path / "sweep").iterdir()) == [
        "0",
        "multirun.yaml",
        "sweep.json",
        "sweep.lock",
    ]
    assert Outcome.read(tmp_path / "sweep" / "0").step == 6


def test_other_launchers_reject_jobs_that_start_processes(tmp_path):
    words = ["trainer=ddp", "trainer.accelerator=cpu", "seed=0,1", "hydra/launcher=basic", "hydra.sweep.dir=sweep"]
    points = [line for line in POINTS if not line.startswith("trainer=")]
    done = command("train", "-m", *points, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot start the others of trainer.devices=2; use hydra/launcher=local" in done.stderr


def test_a_search_is_resumed_with_more_trials(tmp_path):
    words = [
        *SCORED,
        "hydra/sweeper=optuna",
        "optimizer.generator.lr=tag(log, interval(1e-5,1e-2))",
        "loss=hinge,wasserstein",
    ]
    words += ["hydra.sweep.dir=sweep", "hydra.launcher.slots=2"]
    first = command("train", "-m", *words, "hydra.sweeper.trials=1", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    again = command("train", "-m", *words, "hydra.sweeper.trials=2", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert next(line for line in again.stderr.splitlines() if " starts: " in line).startswith("job 1 starts: ")
    assert states(tmp_path / "sweep") == ["finished"] * 2
    journals = [path.name for path in (tmp_path / "sweep").iterdir() if path.name.startswith("study")]
    assert journals == ["study.journal"]
