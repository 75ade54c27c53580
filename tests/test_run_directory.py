"""The files of a run are whole at every moment, and a directory belongs to one run."""

import json
import os
import socket

import pytest
from omegaconf import OmegaConf

from ganlab.errors import UserError
from ganlab.run_directory import RunDirectory, new_directory, write_json

CONFIG = {"seed": 0, "iterations": 5, "loss": {"_target_": "a.B", "flip": 0.0}, "logger": {}, "game": {"loss": 1}}


def test_status_keeps_what_was_written_before(tmp_path):
    run = RunDirectory(tmp_path / "new" / "run")
    assert run.status() == {}
    run.write_status("running", step=3, iterations=9)
    run.write_status("failed", step=4, reason="why")
    status = run.status()
    assert status.pop("time") and status.pop("heartbeat")
    assert status.pop("pid") == os.getpid() and status.pop("host") == socket.gethostname()
    assert status == {"state": "failed", "step": 4, "iterations": 9, "reason": "why"}


def test_json_is_written_whole_or_not_at_all(tmp_path):
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


def test_the_same_configuration_may_come_again_and_others_may_not(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_config(OmegaConf.create(CONFIG))
    run.write_config(OmegaConf.create(CONFIG))
    run.write_config(OmegaConf.create(CONFIG | {"iterations": 9, "logger": {"csv": {}}}))
    assert OmegaConf.load(run.config).iterations == 9
    with pytest.raises(UserError) as caught:
        run.write_config(OmegaConf.create(CONFIG | {"seed": 1, "loss": {"_target_": "a.B"}}))
    assert "seed was 0, now 1" in str(caught.value)
    assert "loss.flip was 0.0, now absent" in str(caught.value)
    assert OmegaConf.load(run.config).seed == 0


def test_interpolations_are_resolved_before_they_are_compared(tmp_path):
    run = RunDirectory(tmp_path)
    run.write_config(OmegaConf.create({"seed": 3, "data": {"seed": "${seed}"}}))
    assert OmegaConf.load(run.config).data.seed == 3
    run.write_config(OmegaConf.create({"seed": 3, "data": {"seed": 3}}))


def test_new_directories_are_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = [new_directory("a/b") for _ in range(3)]
    assert len(set(made)) == 3
    assert all(path.is_dir() and path.parts[:3] == ("outputs", "a", "b") for path in made)
