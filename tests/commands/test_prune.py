"""`ganlab prune` frees the checkpoints of finished runs, on request, and nothing else."""

import json
import os
import shutil

import pytest
from support.listed_runs import CHECKPOINTS, write_files, write_running, write_sweep
from support.small_runs import POINTS, go

import ganlab
from ganlab.commands.exit_codes import guarded
from ganlab.commands.prune import main
from ganlab.core.errors import UserError
from ganlab.engine.checkpoints import find_checkpoint
from ganlab.runs.freeing import find_checkpoints, free
from ganlab.runs.inventory import list_directory
from ganlab.runs.lock import RunLock


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Make one run in each state, and a sweep with a finished job, the working directory's."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "runs" / "done", "finished")
    for state in ("failed", "preempted"):
        write_files(tmp_path / "runs" / state, state)
    write_running(tmp_path / "runs" / "running", os.getpid(), os.uname().nodename)
    write_running(tmp_path / "runs" / "lost", 2**22 + 1, os.uname().nodename)
    write_files(tmp_path / "runs" / "not_exported", "finished")
    (tmp_path / "runs" / "not_exported" / "generator.safetensors").unlink()
    sweep = write_sweep(tmp_path / "runs" / "sweep", 2)
    write_files(sweep / "0", "finished")
    write_files(sweep / "1", "preempted", pruned=True)
    return tmp_path


def contents(place):
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file() and path.name != ".lock"}


def test_by_default_it_only_says_what_it_would_free(place, capsys):
    before = contents(place)
    assert guarded(main, ["runs"]) == 0
    assert contents(place) == before
    out = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert out == [
        "size checkpoints run",
        "2.83 KiB best.ckpt, last.ckpt, previous.ckpt runs/done",
        "2.83 KiB best.ckpt, last.ckpt, previous.ckpt runs/sweep/0",
        "not touched: 1 failed, 1 lost, 1 preempted, 1 running, 1 pruned",
        "would free 5.66 KiB in 2 runs; nothing is removed without --yes",
    ]


def test_it_frees_checkpoints_of_finished_runs_and_nothing_else(place, capsys):
    before = contents(place)
    assert guarded(main, ["--yes", "runs", "runs/done"]) == 0
    assert capsys.readouterr().out == "freed 5.66 KiB in 2 runs\n"
    after = contents(place)
    freed = {
        run / "checkpoints" / name
        for run in (place / "runs" / "done", place / "runs" / "sweep" / "0")
        for name in CHECKPOINTS
    }
    assert before.keys() - after.keys() == freed
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {path.parents[1] / "status.json" for path in freed}
    assert all(json.loads(path.read_text())["freed"] is True for path in changed)
    assert guarded(main, ["runs"]) == 0
    assert capsys.readouterr().out.endswith("no finished run has checkpoints to free\n")


@pytest.mark.parametrize(
    ("keep", "stays"),
    [("last", {"last.ckpt", "previous.ckpt"}), ("best", {"best.ckpt"}), ("best,last", {*CHECKPOINTS})],
)
def test_checkpoints_can_be_kept(keep, stays, place):
    (place / "runs" / "done" / "checkpoints" / "last.ckpt.tmp").write_text("left by a kill")
    assert guarded(main, ["runs/done", f"keep={keep}", "--yes"]) == 0
    kept = {path.name for path in (place / "runs" / "done" / "checkpoints").glob("*.ckpt*")} - {"last.ckpt.tmp"}
    assert kept == stays


def test_a_run_in_use_and_one_that_has_changed_stay(place, capsys):
    (checkpoints,) = filter(None, map(find_checkpoints, list_directory(place / "runs" / "done")))
    with RunLock(place / "runs" / "done"):
        assert guarded(main, ["runs/done", "runs/sweep", "--yes"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "freed 2.83 KiB in 1 run\n"
    assert "run_dir=runs/done is in use by process" in captured.err
    (place / "runs" / "done" / "status.json").write_text('{"state": "failed"}')
    with pytest.raises(UserError, match="done is failed now, so its checkpoints stay"):
        free(checkpoints)
    assert (place / "runs" / "done" / "checkpoints" / "last.ckpt").exists()


def test_a_link_is_removed_and_not_what_it_leads_to(place):
    target = place / "precious.ckpt"
    target.write_text("precious")
    last = place / "runs" / "done" / "checkpoints" / "last.ckpt"
    last.unlink()
    last.symlink_to(target)
    (place / "runs" / "done" / "checkpoints" / "folder.ckpt").mkdir()
    assert guarded(main, ["runs/done", "--yes"]) == 0
    assert target.read_text() == "precious"
    assert not last.is_symlink()
    assert (place / "runs" / "done" / "checkpoints" / "folder.ckpt").is_dir()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "DIR is needed: a directory with runs, such as outputs"),
        (["--yes"], "DIR is needed"),
        (["runs", "keep=bst"], "keep: there is no checkpoint 'bst'; choose last or best; did you mean 'best'?"),
        (["nothing"], "nothing does not exist"),
        (["runs", "--yse"], "'--yse' is neither a path nor a setting of ganlab prune"),
        ([""], "a path is empty; leave it out"),
    ],
)
def test_invalid_arguments_free_nothing(arguments, sentence, place, capsys):
    before = contents(place)
    assert guarded(main, [*arguments, "--yes"]) == 2
    assert capsys.readouterr().err.startswith(sentence)
    assert contents(place) == before


def test_a_freed_run_is_sampled_and_never_trained_from_scratch(tmp_path, capsys):
    go(tmp_path / "run", *POINTS)
    scores = (tmp_path / "run" / "metrics.csv").read_bytes()
    assert guarded(main, [str(tmp_path), "--yes"]) == 0
    assert not list((tmp_path / "run").rglob("*.ckpt"))
    assert ganlab.load(tmp_path / "run").sample(3).shape == (3, 2)
    go(tmp_path / "run", *POINTS)
    assert "is already finished" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"ganlab prune has removed its checkpoints, so it cannot be trained further"):
        go(tmp_path / "run", *POINTS, "iterations=9")
    with pytest.raises(UserError, match="the run has not written any yet, or ganlab prune has removed them"):
        find_checkpoint(tmp_path / "run" / "checkpoints", "last")
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == scores


def test_a_run_that_keeps_its_last_checkpoint_is_trained_further(tmp_path):
    go(tmp_path / "run", *POINTS)
    assert guarded(main, [str(tmp_path), "keep=last", "--yes"]) == 0
    go(tmp_path / "run", *POINTS, "iterations=7")
    assert json.loads((tmp_path / "run" / "status.json").read_text())["step"] == 7
    shutil.rmtree(tmp_path / "run")
