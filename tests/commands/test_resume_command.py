"""`ganlab resume DIR` and `ganlab train run_dir=DIR`: what they continue, and what they refuse before they start."""

import json
import shlex

import pytest
from support.small_runs import POINTS, assert_same, command, go, state

from ganlab.commands.exit_codes import guarded
from ganlab.commands.resume import main
from ganlab.commands.train import main as train
from ganlab.core.shell_lines import without_directory

# Not the settings of the default experiment.
RECIPE = [*POINTS, "loss=hinge", "regularizer=[r1,r2]", "regularizer.r2.weight=0.5", "seed=3", "schedule.generator=2"]
STOP = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=4"]


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def status(directory):
    return json.loads((directory / "status.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole")
    go(directory, *RECIPE)
    return state(directory)


@pytest.fixture
def stopped(tmp_path):
    directory = tmp_path / "a run's=[1]"
    assert go(directory, *RECIPE, *STOP).interrupted
    return directory


def test_a_run_is_resumed_from_its_directory_alone(stopped, whole, capsys):
    assert guarded(main, [str(stopped)]) == 0
    assert f"continuing from step 4 of 6 in {stopped}\n" in capsys.readouterr().err
    assert_same(state(stopped), whole)
    assert status(stopped)["state"] == "finished"
    assert status(stopped)["resume"] == ""


def test_train_resumes_what_run_dir_names(stopped, whole, capsys):
    assert guarded(train, [f'run_dir="{stopped}"', "log_every=2"]) == 0
    assert "continuing from step 4 of 6 in " in capsys.readouterr().err
    assert_same(state(stopped), whole)


def test_the_line_that_resumes_a_run_is_printed_and_saved(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(train, [*RECIPE, *STOP, "run_dir='my run'"]) == 130
    *_, saved, hint = capsys.readouterr().err.splitlines()
    assert saved == "saved at step 4 in my run"
    assert hint == "resume with: GANLAB_ALLOW=support ganlab resume 'my run'"
    line = status(tmp_path / "my run")["resume"]
    assert line == f"cd {shlex.quote(str(tmp_path))} && {hint.removeprefix('resume with: ')}"
    assert f"resume with: {without_directory(line)}" == hint


def test_a_failed_run_ends_with_the_line_that_resumes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    poison = ["~loss.smoothing", "~loss.flip", "loss._target_=support.small_runs.Poison"]
    assert guarded(train, [*POINTS, *poison, "checkpoint_every=1", "run_dir=run"]) == 1
    *_, reason, hint = capsys.readouterr().err.splitlines()
    assert reason.startswith("stopped: generator/adversarial became inf")
    assert hint == "resume with: GANLAB_ALLOW=support ganlab resume run"
    assert status(tmp_path / "run")["resume"].endswith(f"&& {hint.removeprefix('resume with: ')}")
    crash = ["callback.crash._target_=support.small_runs.Crash", "callback.crash.at=2"]
    with pytest.raises(OSError, match="on fire") as caught:
        go(tmp_path / "crashed", *POINTS, *crash)
    assert caught.value.__notes__ == [f"resume with: GANLAB_ALLOW=support ganlab resume {tmp_path / 'crashed'}"]


def test_several_runs_are_resumed_with_settings_that_may_change(stopped, tmp_path, capsys):
    second = tmp_path / "second"
    go(second, *POINTS)
    assert guarded(main, [str(stopped), str(second), f"{second}/", "iterations=8", "logger=[csv]"]) == 0
    err = capsys.readouterr().err
    assert f"continuing from step 4 of 8 in {stopped}" in err
    assert f"continuing from step 6 of 8 in {second}" in err
    assert [status(run)["step"] for run in (stopped, second)] == [8, 8]


@pytest.mark.parametrize("setting", ["loss=wasserstein", "regularizer.r1.weight=5", "seed=4", "latent.size=5"])
def test_a_setting_that_decides_what_is_trained_is_refused(setting, stopped, tmp_path, capsys):
    second = tmp_path / "second"
    go(second, *POINTS, "iterations=2")
    before = status(second)
    for arguments in ([str(second), str(stopped)],):
        assert guarded(main, [*arguments, "iterations=9", setting]) == 2
    assert "holds a run with other settings (" in capsys.readouterr().err
    assert status(second) == before  # no run starts if one of them cannot


def test_a_run_that_fails_does_not_stop_the_next(tmp_path, capsys, monkeypatch):
    go(tmp_path / "first", *POINTS)
    go(tmp_path / "second", *POINTS)
    (tmp_path / "first" / "checkpoints" / "last.ckpt").write_bytes(b"damaged")
    (tmp_path / "first" / "checkpoints" / "previous.ckpt").unlink(missing_ok=True)
    assert guarded(main, [str(tmp_path / "first"), str(tmp_path / "second"), "iterations=7"]) == 2
    assert "last.ckpt cannot be read" in capsys.readouterr().err
    assert status(tmp_path / "second")["step"] == 7


def test_a_finished_run_says_how_it_continues(tmp_path, capsys):
    go(tmp_path, *POINTS)
    assert guarded(main, [str(tmp_path)]) == 0
    assert "is already finished; raise iterations to train on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "ganlab resume needs run directories, as in ganlab resume outputs/digits/1; see ganlab ls"),
        (["iterations=5"], "ganlab resume needs run directories"),
        (["empty dir", ""], "ganlab resume needs run directories"),
        (["nothing"], "nothing does not exist; give the directory of a run, which ganlab ls lists"),
        (["run_dir=x"], "run_dir=x: write the directory alone, as in ganlab resume x"),
        (["empty dir"], "empty dir has no config.yaml, so it is no run; ganlab ls 'empty dir' lists the runs in it"),
        (["sweep"], "sweep is a sweep"),
        (["empty dir", "--mutlirun"], "'--mutlirun' is not a flag of ganlab resume"),
        (["empty dir", "--cfg", "job"], "'--cfg' is not a flag of ganlab resume"),
        (["empty dir", "--config-dir=no"], "--config-dir needs a folder with config groups, got 'no'"),
    ],
)
def test_invalid_arguments(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty dir").mkdir()
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").write_text("{}")
    assert guarded(main, arguments) == 2
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.slow
def test_a_killed_run_is_resumed_by_the_line_in_its_status(tmp_path, whole):
    kill = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=5", "callback.stop.name=SIGKILL"]
    killed = command("train", *RECIPE, *kill, "checkpoint_every=3", "run_dir=run", cwd=tmp_path, GANLAB_ALLOW="support")
    assert killed.returncode == -9
    words = shlex.split(status(tmp_path / "run")["resume"])
    assert words == ["cd", str(tmp_path), "&&", "GANLAB_ALLOW=support", "ganlab", "resume", "run"]
    done = command(*words[5:], "~callback.stop", cwd=tmp_path, GANLAB_ALLOW="support")
    assert done.returncode == 0, done.stderr
    assert "continuing from step 3 of 6 in run" in done.stderr
    assert_same(state(tmp_path / "run"), whole)
