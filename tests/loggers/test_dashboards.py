"""TensorBoard and Weights & Biases get the losses and the sample sheets, without an account or a network."""

import json
import os
import struct

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny import DIGITS, POINTS, go

from ganlab.errors import TrainingError

NAMES = {"discriminator/adversarial", "discriminator/r1", "generator/adversarial", "discriminator/accuracy"}


def test_tensorboard_has_scalars_and_pictures(tmp_path):
    go(tmp_path, *DIGITS, "logger=[csv,tensorboard]", "sample_every=3", "metric=[fid]", "protocol.samples=50")
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    tags = events.Tags()
    assert {*NAMES, "score/fid", "samples_per_second"} <= set(tags["scalars"])
    assert [event.step for event in events.Scalars("generator/adversarial")] == [1, 2, 3, 4, 5, 6]
    assert tags["images"] == ["sheet"]
    assert [event.step for event in events.Images("sheet")] == [3, 6]
    assert events.Images("sheet")[0].encoded_image_string.startswith(b"\x89PNG")
    assert (tmp_path / "metrics.csv").exists()


def test_csv_is_always_written(tmp_path):
    go(tmp_path, *POINTS, "logger=[tensorboard]")
    assert (tmp_path / "metrics.csv").exists()


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Nobody's account, and no network to find one on."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "home" / "netrc"))
    (tmp_path / "home").mkdir()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    wandb = pytest.importorskip("wandb")
    yield
    assert wandb.run is None
    assert "WANDB_MODE" not in os.environ
    wandb.teardown()


def records(path):
    """Read W&B's LevelDB log (the file has no reader of its own since wandb 0.30)."""
    data, at, held = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        chunk = data[at + 7 : at + 7 + size]
        at += 7 + size
        held = chunk if kind in (1, 2) else held + chunk
        if kind in (1, 4):
            yield held


def content(path):
    from wandb.proto.wandb_internal_pb2 import Record

    parsed = []
    for raw in records(path):
        record = Record()
        record.ParseFromString(raw)
        parsed.append(record)
    history = [
        {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in parsed
        if record.WhichOneof("record_type") == "history"
    ]
    ends = [record.exit.exit_code for record in parsed if record.WhichOneof("record_type") == "exit"]
    (run,) = [record.run for record in parsed if record.WhichOneof("record_type") == "run"]
    return run, history, ends


@pytest.mark.slow
def test_wandb_needs_no_account_and_two_runs_are_two(offline, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "tiny")
    go(tmp_path / "first", *DIGITS, "logger=[csv,wandb]", "name=one", "sample_every=3")
    with pytest.raises(TrainingError):
        bad = ["loss._target_=tiny.Poison", "~loss.smoothing", "~loss.flip", "name=two"]
        go(tmp_path / "second", *DIGITS, "logger=[csv,wandb]", *bad)
    (first,) = (tmp_path / "first").rglob("*.wandb")
    (second,) = (tmp_path / "second").rglob("*.wandb")
    run, history, ends = content(first)
    assert (run.project, run.display_name, ends) == ("ganlab", "one", [0])
    losses = [row for row in history if "generator/adversarial" in row]
    assert len(losses) == 6
    assert set(losses[0]) >= NAMES
    assert len([row for row in history if any(key.split(".")[0] == "sheet" for key in row)]) == 2
    assert len(list(first.parent.rglob("*.png"))) == 2
    other, failed, ends = content(second)
    assert other.run_id != run.run_id and other.display_name == "two"
    assert ends == [1]
    assert 1 <= len([row for row in failed if "generator/adversarial" in row]) < 3
