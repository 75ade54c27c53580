"""The submission to SLURM and the handling of its answers, with scripts in place of its commands.

tests/sweeps/test_slurm.py uses a real cluster.
"""

import inspect
import json
import os
from dataclasses import fields

import pytest
import yaml
from support.small_runs import POINTS

from ganlab.config import compose, conf_directory
from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.launchers.slurm import Slurm
from ganlab.sweeps.launchers.slurm_queue import GONE, states
from ganlab.sweeps.launchers.slurm_record import SlurmRecord, update_ended_jobs, write_final_state
from ganlab.sweeps.launchers.slurm_submission import Layout, Resources
from ganlab.sweeps.launchers.slurm_worker import Worker

YAML = yaml.safe_load((conf_directory() / "hydra" / "launcher" / "slurm.yaml").read_text())
NAMES = {field.name for field in fields(Resources)}


def resources(**changes):
    return Resources(**{name: value for name, value in YAML.items() if name in NAMES} | changes)


def layout(*overrides, **changes):
    return resources(**changes).layout(compose([*POINTS, *overrides]))


def test_the_yaml_has_exactly_the_settings_of_the_launcher():
    parameters = inspect.signature(Slurm).parameters.items()
    names = {name for name, parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    assert names | NAMES | {"_target_"} == YAML.keys()


@pytest.mark.parametrize(
    ("overrides", "changes", "expected"),
    [
        (["trainer=cpu"], {}, Layout(1, 1, 0, 1)),
        (["trainer=gpu", "trainer.devices=4", "trainer.strategy=ddp"], {}, Layout(1, 4, 4, 1)),
        (["trainer=cpu", "workers=3"], {}, Layout(1, 1, 0, 4)),
        (["trainer=cpu", "workers=3"], {"cpus_per_task": 2, "gpus_per_node": 1}, Layout(1, 1, 1, 2)),
        (["trainer=ddp", "+trainer.num_nodes=2"], {"nodes": 2}, Layout(2, 2, 0, 1)),
    ],
)
def test_a_job_gets_the_resources_of_its_trainer(overrides, changes, expected):
    assert layout(*overrides, **changes) == expected


@pytest.mark.parametrize("devices", ["auto", "-1", "[0,1]"])
def test_the_number_of_processes_is_required(devices):
    with pytest.raises(UserError, match=r"trainer\.devices=.*SLURM chooses the devices.*trainer\.devices=1"):
        layout("trainer=gpu", f"trainer.devices={devices}")


def test_different_numbers_of_nodes_are_rejected():
    with pytest.raises(UserError, match=r"hydra\.launcher\.nodes=2 but trainer\.num_nodes=1"):
        layout("trainer=cpu", nodes=2)


def test_a_requeued_job_runs_the_same_command():
    worker = Worker()
    submission = worker.checkpoint(["seed=1", "run_dir='a b'"])
    assert submission.function is worker
    assert submission.args == (["seed=1", "run_dir='a b'"],)


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Return a function that sets the output and exit code of a SLURM command; these are the only ones on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def set_answer(command, text, code=0):
        script = folder / command
        script.write_text(f"#!/bin/sh\nwhile read -r line; do echo \"$line\"; done <<'END'\n{text}\nEND\nexit {code}\n")
        script.chmod(0o755)

    return set_answer


def test_states_come_from_the_queue_then_from_the_accounting(answer):
    answer("squeue", "7_0|RUNNING None\n7_1|PENDING Priority\n7_2|PENDING launch failed requeued held\n8|RUNNING None")
    answer("sacct", "6|CANCELLED by 1000\n6.batch|COMPLETED")
    assert states(["7_0", "7_1", "7_2", "6", "5"]) == {
        "7_0": "RUNNING",
        "7_1": "PENDING",
        "7_2": "HELD",
        "6": "CANCELLED",
        "5": GONE,
    }
    answer("sacct", "accounting storage is disabled", code=1)
    assert states(["6", "7_0"]) == {"6": GONE, "7_0": "RUNNING"}


def test_without_an_answer_the_states_of_jobs_stay(answer, tmp_path):
    answer("squeue", "cannot contact the controller", code=1)
    assert states(["7"]) is None
    assert states([]) == {}
    job = Job(0, ("seed=0",), tmp_path / "0")
    record = SlurmRecord(tmp_path)
    record.add([job], ["7"])
    with pytest.raises(UserError, match="SLURM does not answer"):
        record.queued([job])
    update_ended_jobs(tmp_path, [job])
    assert Outcome.read(job.directory).state == "waiting"


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        ("CANCELLED", "running", "preempted"),
        ("NODE_FAIL", "running", "preempted"),
        ("FAILED", "running", "failed"),
        ("FAILED", "preempted", "preempted"),
        ("OUT_OF_MEMORY", "running", "failed"),
        (GONE, "running", "failed"),
    ],
)
def test_the_state_of_a_job_that_slurm_ended_has_the_reason(tmp_path, state, before, after):
    job = Job(0, ("seed=0",), tmp_path)
    (tmp_path / "status.json").write_text(json.dumps({"state": before, "step": 5}))
    error = "data: there are no images in photos"
    job.log.write_text(
        f"{error}\nsubmitit INFO (now) - over\nsrun: error: n1: task 0: Exited with exit code 2\n"
        "srun: Job step aborted\n"
    )
    write_final_state(job, state)
    outcome = Outcome.read(tmp_path)
    assert (outcome.state, outcome.step) == (after, 5)
    assert error in outcome.reason
    assert str(job.log) in outcome.reason


def test_jobs_that_ended_without_a_launcher_get_their_state(answer, tmp_path):
    jobs = [Job(number, (f"seed={number}",), tmp_path / str(number)) for number in range(4)]
    for job, state in zip(jobs, ("running", "finished", "running", "running"), strict=True):
        job.directory.mkdir()
        (job.directory / "status.json").write_text(json.dumps({"state": state}))
    SlurmRecord(tmp_path).add(jobs, ["7_0", "7_1", "7_2", "7_3"])
    answer("squeue", "7_0|FAILED NonZeroExitCode\n7_1|COMPLETED None\n7_2|PREEMPTED None\n7_3|PENDING BeginTime")
    update_ended_jobs(tmp_path, jobs)
    written = [json.loads((job.directory / "status.json").read_text())["state"] for job in jobs]
    assert written == ["failed", "finished", "running", "preempted"]


def test_a_refusal_has_the_message_of_slurm(answer, tmp_path, capfd):
    for command in ("srun", "scancel", "squeue"):
        answer(command, "")
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/sh\necho 'sbatch: error: no such partition: moon' >&2\nexit 1\n")
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    job = Job(0, ("seed=0",), tmp_path / "0")
    with pytest.raises(UserError, match=r"SLURM refuses the jobs \(no such partition: moon\); check partition"):
        resources().submit([job], Layout(1, 1, 0, 1), tmp_path / "slurm")
    assert capfd.readouterr() == ("", "")


def test_a_missing_slurm_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    job = Job(0, ("seed=0",), tmp_path / "0")
    with pytest.raises(UserError, match="needs SLURM, and sbatch is not on this machine's PATH"):
        resources().submit([job], Layout(1, 1, 0, 1), tmp_path / os.curdir)
