"""The directory of a sweep: jobs are identified by their overrides, and only one sweep may use it at a time."""

import os
import subprocess
import sys

import pytest
from support.instant_launcher import content

from ganlab.core.errors import UserError
from ganlab.runs.directory import write_json
from ganlab.sweeps.jobs.record import Record


def test_the_same_point_is_the_same_job(tmp_path):
    record = Record(tmp_path / "sweep")
    first = record.plan([["seed=0", "loss=hinge"], ["seed=1", "loss=hinge"]])
    assert [job.number for job in first] == [0, 1]
    again = Record(tmp_path / "sweep").plan(
        [["seed=2", "loss=hinge"], ["loss=hinge", "seed=1"], ["seed=2", "loss=hinge"]]
    )
    assert [job.number for job in again] == [2, 1, 2]
    assert again[1] == first[1]
    assert [job.number for job in record.jobs()] == [0, 1, 2]


def test_a_jobs_command_names_its_directory_and_config_dirs(tmp_path):
    (job,) = Record(tmp_path / "my sweep", ["/conf"]).plan([["seed=0"]])
    assert job.arguments == ["--config-dir=/conf", "seed=0", f'run_dir="{tmp_path}/my sweep/0"']


def test_writing_an_entry_leaves_the_others(tmp_path):
    record = Record(tmp_path)
    record.write(objectives={"fid": False}, swept=["seed"])
    record.plan([["seed=0"]])
    assert content(tmp_path)["objectives"] == record.objectives == {"fid": False}
    assert record.swept == ["seed"]


def test_what_another_process_writes_is_seen(tmp_path):
    record, other = Record(tmp_path), Record(tmp_path)
    record.plan([["seed=0"]])
    assert len(other.jobs()) == 1
    record.plan([["seed=1"]])
    assert len(other.jobs()) == 2
    other.write(objectives={"fid": False})
    assert record.objectives == {"fid": False}
    (tmp_path / "sweep.json").unlink()
    assert record.content == other.content == {}


def test_former_names_in_overrides_are_translated(tmp_path):
    write_json(
        tmp_path / "sweep.json", {"jobs": [{"number": 0, "overrides": ["modifier=[anneal]", "callback=[health]"]}]}
    )
    (job,) = Record(tmp_path).jobs()
    assert job.overrides == ("training_hook=[anneal]", "callback=[nan_monitor]")


def test_a_damaged_sweep_json_is_reported(tmp_path):
    (tmp_path / "sweep.json").write_text('{"jobs": [')
    with pytest.raises(UserError, match=r"sweep\.json is not valid JSON"):
        Record(tmp_path).jobs()


def test_a_second_sweep_at_the_same_time_is_rejected(tmp_path):
    first = Record(tmp_path)
    first.lock()
    with pytest.raises(UserError, match="is still running; see `ganlab sweep status"):
        Record(tmp_path).lock()
    first.unlock()
    second = Record(tmp_path)
    second.lock()
    second.unlock()


def test_a_job_that_outlives_its_launcher_keeps_the_lock(tmp_path):
    record = Record(tmp_path)
    descriptor = record.lock()
    job = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    record.unlock()
    with pytest.raises(UserError, match="a job of a launcher that was killed"):
        Record(tmp_path).lock()
    job.communicate(b"\n")
    record.lock()
    record.unlock()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot be written"):
        Record(tmp_path / "sweep").lock()
