"""A start that fails leaves what it found, and a run directory belongs to one run."""

import json
import shutil

import pytest
import torch
from support.small_runs import POINTS, checkpoint, go, rows

from ganlab.core.errors import UserError
from ganlab.engine.checkpoints import AtomicCheckpointIO

MORE = [line for line in POINTS if not line.startswith("iterations")] + ["iterations=8"]
FEWER = [*MORE[:-1], "iterations=4"]
MISSING = ["data=image_folder", "data.path=nowhere", "data.resolution=8", *POINTS[1:]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained") / "run"
    go(directory, *POINTS)
    return directory


@pytest.fixture
def run(trained, tmp_path):
    """Return a copy of a run of six steps that was stopped at its end."""
    copy = shutil.copytree(trained, tmp_path / "run")
    change_status(copy, state="preempted")
    return copy


def change_status(directory, **values):
    path = directory / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_start_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for overrides in (MISSING, [*POINTS, "metric=[fid]", "features=clip", "features.weights=nowhere"]):
        for directory in ("", tmp_path / "deep" / "folder"):
            with pytest.raises(UserError):
                go(directory, *overrides)
    assert list(tmp_path.iterdir()) == []


def test_it_leaves_the_runs_that_were_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = tmp_path / "outputs" / "digits" / "other"
    other.mkdir(parents=True)
    with pytest.raises(UserError):
        go("", *MISSING)
    assert list(tmp_path.rglob("*")) == [tmp_path / "outputs", other.parent, other]


def test_a_failed_resume_leaves_the_configuration(run):
    before = (run / "config.yaml").read_bytes()
    with pytest.raises(UserError, match="features: features=inception reads images"):
        go(run, *MORE, "metric=[fid]", "features=inception")
    assert (run / "config.yaml").read_bytes() == before
    assert checkpoint(run)["ganlab"]["steps"] == 6
    go(run, *MORE)
    assert checkpoint(run)["ganlab"]["steps"] == 8


@pytest.mark.parametrize(
    ("name", "content"), [("photo.png", r"other files \(such as photo.png\)"), ("sweep.json", "a sweep")]
)
def test_an_unrelated_folder_is_refused(tmp_path, name, content):
    (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match=rf"run_dir={tmp_path} holds {content} and no run; choose a new folder"):
        go(tmp_path, *POINTS)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with pytest.raises(UserError, match=r"is a file; choose another run_dir"):
        go(tmp_path / name, *POINTS)


def test_an_empty_folder_and_the_log_of_a_launcher_are_welcome(tmp_path):
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "job.log").write_text("")
    assert go(tmp_path, *POINTS).run_dir == tmp_path


@pytest.mark.parametrize("lost", ["status.json", "nothing"])
def test_fewer_iterations_than_were_trained_are_reported(run, lost):
    (run / lost).unlink(missing_ok=True)
    before = (run / "config.yaml").read_bytes()
    with pytest.raises(UserError, match="has trained 6 steps, more than iterations=4; give iterations=6 or more"):
        go(run, *FEWER)
    assert (run / "config.yaml").read_bytes() == before
    assert json.loads((run / "status.json").read_text())["state"] != "finished"


@pytest.mark.parametrize("edited", [False, True], ids=["lost", "edited"])
def test_the_checkpoint_knows_its_settings(run, edited):
    config = run / "config.yaml"
    text = config.read_text()
    config.unlink()
    if edited:
        config.write_text(text.replace("\nseed: 0\n", "\nseed: 5\n"))
    sentence = r"the checkpoint was trained with other settings \(seed was 0, now 5.*\); choose another run_dir"
    with pytest.raises(UserError, match=sentence):
        go(run, *MORE, "seed=5")
    assert checkpoint(run)["ganlab"]["steps"] == 6
    if not edited:
        assert not config.exists()
        go(run, *MORE)
        assert "\nseed: 0\n" in config.read_text()


def test_a_checkpoint_without_settings_is_resumed_with_a_warning(run, caplog):
    content = checkpoint(run)
    del content["config"]
    AtomicCheckpointIO().save_checkpoint(content, run / "checkpoints" / "last.ckpt")
    (run / "config.yaml").unlink()
    go(run, *MORE)
    assert f"{run / 'config.yaml'} is missing, so its settings cannot be compared" in caplog.text


def test_records_that_resuming_does_not_need_are_set_aside(run, caplog):
    damaged = b"step,\xff\xfe\n1,2\n"
    (run / "metrics.csv").write_bytes(damaged)
    (run / "scores.json").write_bytes(b"\xff")
    (run / "status.json").write_text('{"state": "preempted", "step": "many", "samples": null, "iterations": []}')
    go(run, *MORE)
    assert f"{run / 'metrics.csv'} cannot be read ('utf-8' codec" in caplog.text
    assert (run / "metrics.csv.damaged").read_bytes() == damaged
    assert [row["step"] for row in rows(run)] == ["7", "8"]
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["step"], status["iterations"]) == ("finished", 8, 8)


def test_the_settings_in_a_checkpoint_are_plain(run):
    content = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["config"]
    assert (content["seed"], type(content["loss"])) == (0, dict)
