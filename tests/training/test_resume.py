"""A run that was stopped, killed or failed at any step is resumed as if it had not been interrupted, bit for bit."""

import json
import shlex

import pytest
import torch
from PIL import Image
from support.small_runs import DIGITS, POINTS, assert_same, checkpoint, command, go, rows, state

from ganlab.analysis.evaluation import evaluate
from ganlab.config import compose
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory

# Components with state: averages, lazily evaluated penalties, dropout, microbatches, schedules, buffers.
EVERYTHING = [
    *DIGITS,
    "data.limit=20",  # 8 samples per step: the third step is the first that contains the end of an epoch
    "data.flip=true",
    "data.labels=true",
    "generator.norm=batch",
    "discriminator.dropout=0.5",
    "discriminator.spectral_norm=true",
    "regularizer=[r1,instance_noise]",
    "regularizer.r1.every=4",
    "regularizer.instance_noise.decay_steps=5",
    "loss.flip=0.2",
    "microbatches=2",
    "schedule.generator=2",
    "lr_schedule=cosine",
    "lr_schedule.warmup=0.3",
    "gradient_clip_norm=1",
    "iterations=9",
]
OTHERS = {
    "one epoch": DIGITS,
    "no average": [*DIGITS, "ema=none"],
    "points": POINTS,
    "momentum": [*DIGITS, "optimizer=sgd", "optimizer.generator.momentum=0.9"],
    "simultaneous": [*DIGITS, "schedule=simultaneous"],
    "consensus": [*POINTS, "regularizer=[consensus]"],
    "moving means": [*DIGITS, "regularizer=[lecam,top_k]", "regularizer.top_k.decay_steps=2"],
    "a classifier": [*DIGITS, "data.labels=true", "conditioning=auxiliary", "augment=ada", "augment.interval=2"],
    "codes": [*DIGITS, "conditioning=infogan", "latent.size=16", "regularizer=[]", "microbatches=2"],
    "class norms": [
        *DIGITS,
        "data.labels=true",
        "conditioning=projection",
        "generator.norm=batch",
        "generator.labels=norm",
    ],
    "packs": [*POINTS, "game.packing=2", "optimizer=extragradient"],
}


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def interrupted(directory, settings, at):
    return go(directory, *settings, "callback.stop._target_=support.small_runs.Stop", f"callback.stop.at={at}")


def status(directory):
    return json.loads((directory / "status.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole") / "run"
    go(directory, *EVERYTHING)
    return directory


@pytest.mark.parametrize("at", [1, 4, 5, 8])
def test_interrupted_at_any_step_and_resumed_equals_uninterrupted(tmp_path, whole, at):
    result = interrupted(tmp_path, EVERYTHING, at)
    assert result.interrupted
    assert checkpoint(tmp_path)["ganlab"] == {"steps": at, "samples": 8 * at}
    assert status(tmp_path)["state"] == "preempted"
    assert not go(tmp_path, *EVERYTHING).interrupted
    assert_same(state(tmp_path), state(whole))
    assert status(tmp_path)["state"] == "finished"


def test_interrupted_twice(tmp_path, whole):
    interrupted(tmp_path, EVERYTHING, 3)
    interrupted(tmp_path, EVERYTHING, 6)
    go(tmp_path, *EVERYTHING)
    assert_same(state(tmp_path), state(whole))


@pytest.mark.slow
@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_every_kind_of_run_is_resumed_exactly(tmp_path, settings):
    go(tmp_path / "whole", *settings)
    interrupted(tmp_path / "cut", settings, 3)
    go(tmp_path / "cut", *settings)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_the_comparison_detects_a_difference(tmp_path, whole):
    # Weights of another step must not count as equal.
    go(tmp_path, *[line for line in EVERYTHING if "iterations" not in line], "iterations=8")
    with pytest.raises(AssertionError):
        assert_same(state(tmp_path), state(whole))


def test_a_failed_run_is_resumed_from_the_last_checkpoint(tmp_path, whole):
    crash = ["callback.crash._target_=support.small_runs.Crash", "callback.crash.at=6"]
    with pytest.raises(OSError, match="on fire"):
        go(tmp_path, *EVERYTHING, "checkpoint_every=4", *crash)
    assert checkpoint(tmp_path)["ganlab"]["steps"] == 4
    failed = status(tmp_path)
    assert (failed["state"], failed["step"], failed["reason"]) == ("failed", 6, "OSError: disk on fire")
    go(tmp_path, *EVERYTHING, "checkpoint_every=4")
    assert_same(state(tmp_path), state(whole))
    resumed, uninterrupted = rows(tmp_path), rows(whole)
    assert [int(row["step"]) for row in resumed] == list(range(1, 10))
    terms = [name for name in uninterrupted[0] if name.endswith(("/adversarial", "/r1", "/accuracy", "/lr"))]
    assert len(terms) == 6
    for first, second in zip(resumed, uninterrupted, strict=True):
        assert [first[name] for name in terms] == [second[name] for name in terms]


@pytest.mark.slow
def test_a_row_after_a_crash_is_a_mean_of_the_same_steps(tmp_path):
    settings = [*POINTS, "log_every=3", "checkpoint_every=5", "iterations=12"]
    go(tmp_path / "whole", *settings)
    with pytest.raises(OSError, match="on fire"):
        go(tmp_path / "cut", *settings, "callback.crash._target_=support.small_runs.Crash", "callback.crash.at=11")
    go(tmp_path / "cut", *settings)
    resumed, uninterrupted = rows(tmp_path / "cut"), rows(tmp_path / "whole")
    assert [row["step"] for row in resumed] == ["3", "6", "9", "12"]
    for name in ("generator/adversarial", "discriminator/adversarial"):
        assert [row[name] for row in resumed] == [row[name] for row in uninterrupted]


@pytest.mark.slow
def test_a_row_after_a_stop_is_a_mean_of_the_same_steps(tmp_path):
    settings = [*POINTS, "log_every=3", "iterations=9"]
    go(tmp_path / "whole", *settings)
    go(tmp_path / "cut", *settings, "callback.stop._target_=support.small_runs.Stop", "callback.stop.at=5")
    assert status(tmp_path / "cut")["state"] == "preempted"
    go(tmp_path / "cut", *settings)
    resumed, uninterrupted = rows(tmp_path / "cut"), rows(tmp_path / "whole")
    assert [row["step"] for row in resumed] == ["3", "6", "9"]
    for name in ("generator/adversarial", "discriminator/adversarial"):
        assert [row[name] for row in resumed] == [row[name] for row in uninterrupted]


@pytest.mark.slow
def test_a_killed_run_is_resumed_from_its_last_checkpoint(tmp_path, whole):
    run = tmp_path / "run"
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=6", "callback.stop.name=SIGKILL"]
    overrides = [*EVERYTHING, f"run_dir={run}", "checkpoint_every=2"]
    killed = command("train", *overrides, *stop, cwd=tmp_path, GANLAB_ALLOW="support")
    assert killed.returncode == -9
    assert status(run)["state"] == "running"
    assert not list(run.rglob("*.tmp"))
    go(run, *EVERYTHING, "checkpoint_every=2")
    assert_same(state(run), state(whole))


@pytest.mark.slow
def test_ctrl_c_saves_and_prints_the_command_to_resume(tmp_path, whole):
    run = tmp_path / "my run"
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=5"]
    stopped = command("train", *EVERYTHING, f"run_dir='{run}'", *stop, cwd=tmp_path, GANLAB_ALLOW="support")
    assert stopped.returncode == 130
    assert "Traceback" not in stopped.stderr
    assert "stopping after this step" in stopped.stderr
    saved, hint = stopped.stderr.splitlines()[-2:]
    assert saved == f"saved at step 5 in {run}"
    label, _, resume_command = hint.partition(": ")
    assert label == "resume with"
    assert shlex.split(resume_command) == ["GANLAB_ALLOW=support", "ganlab", "resume", str(run)]
    assert status(run)["state"] == "preempted"
    go(run, *EVERYTHING)
    assert_same(state(run), state(whole))


def test_a_finished_run_is_not_trained_again(tmp_path, capsys):
    go(tmp_path, *POINTS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    result = go(tmp_path, *POINTS)
    assert "already finished" in capsys.readouterr().err
    assert result.run_dir == tmp_path
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before.get(path)} <= {tmp_path / "config.yaml", tmp_path / ".lock"}


def test_a_finished_run_trains_on_if_iterations_are_raised(tmp_path):
    go(tmp_path / "whole", *POINTS)
    shorter = [line for line in POINTS if not line.startswith("iterations")]
    go(tmp_path / "longer", *shorter, "iterations=4")
    go(tmp_path / "longer", *POINTS)
    assert_same(state(tmp_path / "longer"), state(tmp_path / "whole"))
    assert status(tmp_path / "longer")["step"] == 6


def test_other_settings_are_rejected_in_one_sentence(tmp_path):
    go(tmp_path, *POINTS)
    before = state(tmp_path)
    with pytest.raises(UserError) as caught:
        go(tmp_path, *POINTS, "seed=1", "loss=hinge")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path} holds a run with other settings (")
    assert "seed was 0, now 1" in message
    assert "loss._target_ was ganlab.losses.NonSaturating, now ganlab.losses.Hinge" in message
    assert message.endswith("choose another run_dir, or the settings it was started with")
    assert_same(state(tmp_path), before)


def test_a_run_with_changed_data_is_neither_resumed_nor_scored(tmp_path):
    folder = tmp_path / "images"
    for number in range(20):
        folder.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 10 * number).save(folder / f"{number:02}.png")
    lines = [line for line in DIGITS if not line.startswith("data.")]
    lines += ["data=image_folder", f"data.path={folder}", "data.resolution=8", "data.channels=1", "metric=[]"]
    go(tmp_path / "run", *lines, "iterations=2")
    Image.new("L", (8, 8), 255).save(folder / "more.png")
    with pytest.raises(UserError, match="was trained on other data: the data set has changed since"):
        go(tmp_path / "run", *lines, "iterations=4")
    overrides = [f"run={tmp_path / 'run'}", "metric=[fid]", "features=random", "protocol=fast"]
    with pytest.raises(UserError, match="has changed since the run was trained, so its test split"):
        evaluate(compose(overrides, command=EVALUATE))
    (folder / "more.png").unlink()
    go(tmp_path / "run", *lines, "iterations=4")


def test_a_run_without_a_checkpoint_may_start_on_other_data(tmp_path):
    RunDirectory(tmp_path).write_status("failed", data="another fingerprint")
    go(tmp_path, *POINTS, "metric=[]")
    assert RunDirectory(tmp_path).status()["data"] != "another fingerprint"


def test_intervals_and_loggers_may_change_when_a_run_is_resumed(tmp_path):
    interrupted(tmp_path, POINTS, 2)
    go(tmp_path, *POINTS, "log_every=2", "logger=[csv,tensorboard]", "sample_every=3")
    assert sorted(path.stem for path in (tmp_path / "samples").glob("*.png")) == ["00000003", "00000006", "real"]


def test_every_checkpoint_is_plain_data(tmp_path):
    go(tmp_path, *EVERYTHING, "checkpoint_every=3")
    files = list(tmp_path.rglob("*.ckpt"))
    assert files
    for file in files:
        assert "state_dict" in torch.load(file, weights_only=True)


def test_a_damaged_checkpoint_is_reported_in_one_sentence(tmp_path):
    interrupted(tmp_path, POINTS, 2)
    (tmp_path / "checkpoints" / "last.ckpt").write_bytes(b"half of it")
    with pytest.raises(UserError, match=r"last\.ckpt cannot be read"):
        go(tmp_path, *POINTS)
