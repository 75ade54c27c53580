"""What the files of runs and sweeps say about them, whatever state they are in."""

import os
import subprocess
import sys

import pytest
from support.listed_runs import bytes_below, write_files, write_running, write_sweep

from ganlab.core.errors import UserError
from ganlab.runs.inventory import RunSummary, SweepSummary, all_runs, list_directory


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only(path):
    (summary,) = list_directory(path)
    return summary


def test_a_finished_run(place):
    run = write_files(place / "deep" / "er" / "run", "finished", resume="ganlab resume run")
    expected = RunSummary("deep/er/run", "finished", 6, 6, "fid", 2.5, 4, bytes_below(run))
    assert only(place.__class__("deep")) == expected
    assert only(run).path == str(run)


@pytest.mark.parametrize("state", ["failed", "preempted"])
def test_a_run_that_has_not_finished_has_the_line_that_resumes_it(state, place):
    write_files(place / "run", state, step=3, resume="cd /x && ganlab resume run", reason="stopped\nby  SIGTERM")
    summary = only(place)
    assert (summary.state, summary.step, summary.iterations) == (state, 3, 6)
    assert (summary.resume, summary.reason) == ("cd /x && ganlab resume run", "stopped by SIGTERM")


def test_a_run_of_an_earlier_version_is_resumed_by_its_directory(place):
    run = write_files(place / "my runs" / "1", "failed")
    assert only(place.__class__("my runs")).resume == "ganlab resume 'my runs/1'"
    (run / "status.json").unlink()
    assert (only(run).state, only(run).resume) == ("waiting", f"ganlab resume '{run}'")
    (run / "config.yaml").unlink()
    assert list_directory(place) == []


def test_running_and_lost_runs(place):
    host = os.uname().nodename
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_running(place / "1", os.getpid(), host, resume="ganlab resume 1")
    write_running(place / "2", ended.pid, host, resume="ganlab resume 2")
    write_running(place / "10", 1, "another machine", resume="ganlab resume 10")
    listed = [(run.path.rpartition("/")[2], run.state, run.resume) for run in list_directory(place)]
    assert listed == [("1", "running", ""), ("2", "lost", "ganlab resume 2"), ("10", "running", "")]


@pytest.mark.parametrize(
    "status", ["", "{", "[]", '{"state": "finished", "step": "six", "iterations": NaN}', '{"step": true}', "\x00"]
)
def test_damaged_and_missing_files(status, place):
    run = write_files(place / "run", "finished")
    (run / "status.json").write_text(status)
    (run / "checkpoints" / "best.json").write_text('{"score": ["fid"], "value": Infinity, "step": null}')
    summary = only(place)
    assert summary.state in ("finished", "waiting")
    assert (summary.step, summary.iterations, summary.best, summary.best_step) == (None, None, None, None)


def test_a_sweep_is_one_entry_with_its_jobs(place):
    sweep = write_sweep(place / "sweep", 5, resume="cd /x && ganlab train -m seed=0,1,2,3,4")
    write_files(sweep / "0", "finished", best=3.0)
    write_files(sweep / "1", "finished", best=2.0)
    write_files(sweep / "2", "failed", best=1.0)
    write_files(sweep / "3", "preempted", best=None, pruned=True)
    (sweep / "slurm").mkdir()
    (sweep / "slurm" / "log").write_bytes(bytes(77))
    summary = only(place)
    assert isinstance(summary, SweepSummary)
    assert summary.states == {"finished": 2, "failed": 1, "pruned": 1, "waiting": 1}
    assert (summary.score, summary.best, summary.best_run) == ("fid", 2.0, "1")
    assert summary.size_bytes == bytes_below(sweep)
    assert summary.resume == "cd /x && ganlab train -m seed=0,1,2,3,4"
    assert [run.path for run in all_runs([summary])] == [str(sweep / str(i)) for i in range(5)]
    assert summary.runs[4] == RunSummary(str(sweep / "4"), "waiting", resume=summary.resume)
    assert list_directory(sweep) == list(summary.runs)


def test_jobs_that_wait_while_others_run_have_no_line_that_resumes_them(place):
    sweep = write_sweep(place / "sweep", 11, resume="ganlab train -m")
    write_running(sweep / "2", os.getpid(), os.uname().nodename)
    summary = only(place)
    assert [run.path.rpartition("/")[2] for run in summary.runs] == [str(number) for number in range(11)]
    assert {run.state for run in summary.runs if run.path != str(sweep / "2")} == {"waiting"}
    assert {run.resume for run in summary.runs} == {""}


def test_the_best_of_a_sweep_follows_its_first_objective(place):
    sweep = write_sweep(place / "sweep", 2, objectives={"fid": True, "other": False}, resume="ganlab train -m")
    write_files(sweep / "0", "finished", best=3.0)
    write_files(sweep / "1", "finished", best=2.0)
    assert only(place).best_run == "0"
    assert only(place).resume == ""  # nothing is left to do
    (sweep / "sweep.json").write_text('{"jobs": [5, {}], "objectives": ["fid"]}')
    assert (only(place).states, only(place).best) == ({"finished": 2}, None)


def test_links_are_not_followed(place):
    run = write_files(place / "run", "finished")
    (place / "again").symlink_to(run)
    (run / "samples").symlink_to(place)
    assert only(place).size_bytes == bytes_below(run)


def test_a_directory_that_does_not_exist_is_reported(place):
    (place / "file").write_text("")
    (place / "broken").symlink_to(place / "nowhere")
    problems = {"nothing": "does not exist", "file": "is not a directory", "broken": "is not a directory"}
    for name, problem in problems.items():
        with pytest.raises(UserError, match=f"{name} {problem}; give a directory that contains runs, or a run"):
            list_directory(place / name)
