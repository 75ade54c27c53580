"""Processes are selected, started, monitored and joined."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy, StrategyRegistry
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from support.forked_commands import start_module
from support.small_runs import POINTS, clean, go, rows
from torch import distributed

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError, TrainingError, UserError
from ganlab.core.interfaces.communicator import SingleProcess
from ganlab.engine.distributed import cluster
from ganlab.engine.distributed.child_processes import ChildProcesses
from ganlab.engine.distributed.communicator import ProcessGroup, buckets
from ganlab.engine.distributed.strategy import PlayerDDPStrategy, communicator_of
from ganlab.engine.distributed.strategy_choice import PER_NETWORK, count_processes, unsupported_reason
from ganlab.engine.distributed.trainer_arguments import build_arguments

LAUNCHER_PREFIXES = (
    "SLURM_",
    "LOCAL_RANK",
    "TORCHELASTIC_",
    "MASTER_",
    "WORLD_SIZE",
    "RANK",
    "NODE_RANK",
    "GROUP_RANK",
)


@pytest.fixture
def variables(monkeypatch):
    """Return a function that sets a launcher's variables, in an environment without those of other launchers."""
    for name in os.environ:
        if name.startswith(LAUNCHER_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MASTER_PORT", "1")  # so monkeypatch restores it after the code under test has set it
    monkeypatch.delenv("MASTER_PORT")
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "1")
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    return lambda **values: [monkeypatch.setenv(name, value) for name, value in values.items()]


@pytest.fixture
def group(tmp_path):
    """Create a process group with one process."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_every_strategy_of_lightning_is_supported_or_rejected_with_a_reason():
    for name in sorted(StrategyRegistry.available_strategies()):
        reason = unsupported_reason(name)
        assert (reason is None) == (name in PER_NETWORK)
        assert reason is None or reason.endswith("use trainer.strategy=ddp, one whole copy of the networks per device")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fsdp", "splits weights into shards"),
        ("deepspeed_stage_3", "splits weights into shards"),
        ("ddp_spawn", "trains in"),
    ],
)
def test_an_unsupported_strategy_is_a_configuration_error(name, reason):
    with pytest.raises(ConfigurationError) as caught:
        compose([*POINTS, "trainer.devices=2", f"trainer.strategy={name}"])
    (issue,) = caught.value.issues
    assert issue.startswith(f"trainer.strategy={name} {reason}")


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"devices": 2}, 2),
        ({"devices": "4", "num_nodes": 2}, 8),
        ({"devices": [0, 3]}, 2),
        ({"devices": "0,1,"}, 2),
        ({"devices": "auto"}, None),
        ({"devices": -1}, None),
        ({}, None),
    ],
)
def test_processes_are_counted_as_lightning_does(settings, count):
    assert count_processes(settings) == count


def test_the_batch_size_is_a_multiple_of_the_processes():
    with pytest.raises(
        ConfigurationError, match="batch_size must be a multiple of the 3 processes that share it, got 8"
    ):
        compose([*POINTS, "trainer=ddp", "trainer.devices=3"])
    with pytest.raises(ConfigurationError, match="2 processes with 8 microbatches each that share it, got 8"):
        compose([*POINTS, "trainer=ddp", "microbatches=8"])


STEP = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "1", "SLURM_NODEID": "0"}  # fmt: skip
SHELL = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}
TORCHRUN = {"RANK": "1", "GROUP_RANK": "0", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "2",
            "TORCHELASTIC_RUN_ID": "x", "MASTER_ADDR": "h", "MASTER_PORT": "2"}  # fmt: skip
STARTED = {
    "without a launcher": ({}, "FirstProcess", False, True),
    "by ganlab": (
        {"LOCAL_RANK": "1", "NODE_RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "h", "MASTER_PORT": "2"},
        "LightningEnvironment",
        True,
        False,
    ),
    "with a rank that a shell has left": ({"LOCAL_RANK": "1", "NODE_RANK": "1"}, "FirstProcess", False, True),
    "by srun": (STEP, "SLURMEnvironment", True, False),
    "by srun, one task": (
        {**STEP, "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
        "FirstProcess",
        False,
        True,
    ),
    "in a shell of salloc": (SHELL, "FirstProcess", False, True),
    "in an interactive step": ({**SHELL, "SLURM_STEP_ID": "4294967290"}, "FirstProcess", False, True),
    "in a script of sbatch": ({**SHELL, "SLURM_STEP_ID": "4294967291"}, "FirstProcess", False, True),
    "by torchrun": (TORCHRUN, "TorchElasticEnvironment", True, False),
}


@pytest.mark.parametrize("case", STARTED)
def test_the_launcher_is_detected(case, variables):
    settings, kind, external, is_rank_zero = STARTED[case]
    variables(**settings)
    environment = cluster.environment(processes=2)
    assert type(environment).__name__ == kind
    assert environment.creates_processes_externally is external
    assert cluster.is_rank_zero(environment) is is_rank_zero


def test_a_second_machine_says_so(variables):
    variables(NODE_RANK="1", MASTER_ADDR="h", MASTER_PORT="2")
    environment = cluster.environment(processes=4, nodes=2)
    assert not environment.creates_processes_externally
    assert not cluster.is_rank_zero(environment)


LEFT_BY_SHELLS = [
    {"LOCAL_RANK": "1"},
    {"NODE_RANK": "1"},
    {"GROUP_RANK": "1"},
    {"SLURM_PROCID": "1"},
    {"RANK": "1", "WORLD_SIZE": "2"},
    {"LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "h", "MASTER_PORT": "2", "RANK": "1"},
    {"JSM_NAMESPACE_RANK": "3", "SLURM_LOCALID": "3"},
]


@pytest.mark.parametrize("settings", LEFT_BY_SHELLS, ids=lambda settings: "+".join(settings))
def test_a_run_of_one_process_is_the_first_whatever_the_shell_says(settings, variables, monkeypatch, tmp_path):
    variables(**settings)
    # What Lightning reads from these variables when it is imported.
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    assert go(tmp_path / "run", *POINTS).signal == 0
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {".lock", "config.yaml", "metrics.csv", "status.json", "generator.safetensors"}
    assert len(rows(tmp_path / "run")) == 6


def test_lightning_never_requeues_and_steps_of_one_job_have_different_ports(variables, monkeypatch):
    ports = set()
    for step in ("0", "1", "2"):
        variables(**{**STEP, "SLURM_STEP_ID": step})
        environment = cluster.environment()
        assert environment.auto_requeue is False
        ports.add(environment.main_port)
        monkeypatch.delenv("MASTER_PORT")
    assert len(ports) == 3
    assert all(15_000 <= port < 30_000 for port in ports)


def test_more_processes_than_devices_are_rejected(variables):
    variables(**STEP)
    with pytest.raises(UserError, match="2 processes were started for a run of one: set "):
        build_arguments({"devices": 1, "accelerator": "cpu"}, {}, print)


def test_one_device_needs_no_process_group(variables):
    assert build_arguments({"devices": 1, "strategy": "ddp"}, {}, print)["strategy"] == "auto"
    assert isinstance(build_arguments({"devices": 2, "accelerator": "cpu"}, {}, print)["strategy"], PlayerDDPStrategy)


def test_the_communicator_follows_from_the_strategy():
    assert isinstance(communicator_of(SingleDeviceStrategy()), SingleProcess)
    assert isinstance(StrategyRegistry.get("ddp_per_network"), PlayerDDPStrategy)
    with pytest.raises(UserError, match="cannot be trained by DDPStrategy"):
        communicator_of(DDPStrategy())


def test_buckets_have_one_dtype_and_a_limited_size():
    tensors = [torch.zeros(count) for count in (3, 4, 5, 20, 1)] + [torch.zeros(2, dtype=torch.float64)]
    sizes = [[tensor.numel() for tensor in bucket] for bucket in buckets(tensors, 32)]
    assert sizes == [[3, 4], [5], [20], [1], [2]]
    assert list(buckets([], 32)) == []


@pytest.mark.parametrize("bucket_bytes", [1, 100, 10**6])
def test_averaging_one_process_changes_nothing_for_any_memory_layout(group, bucket_bytes):
    weights = [
        torch.nn.Parameter(torch.randn(3, 2, 4, 4)),
        torch.nn.Parameter(torch.randn(5)),
        torch.nn.Parameter(torch.ones(2)),
    ]
    gradients = [torch.randn(3, 2, 4, 4).to(memory_format=torch.channels_last), torch.randn(10)[::2]]
    for weight, gradient in zip(weights, gradients, strict=False):
        weight.grad = gradient.clone(memory_format=torch.preserve_format)
    communicator = ProcessGroup(bucket_bytes)
    communicator.average_gradients(weights, "player/term")
    assert all(torch.equal(weight.grad, gradient) for weight, gradient in zip(weights, gradients, strict=False))
    assert weights[2].grad is None
    weights[2].grad = torch.full((2,), 3.0)  # at a later step with the same terms it has a gradient
    communicator.average_gradients(weights, "player/term")
    assert weights[2].grad.tolist() == [3, 3]
    assert communicator.mean({"a": torch.tensor(2.0), "b": torch.tensor(0.1, dtype=torch.float64)}) == {
        "a": 2,
        "b": 0.1,
    }
    assert communicator.mean({}) == {}
    assert communicator.any_rank(True)
    assert not communicator.any_rank(False)


def start_child(program, on_process_lost=print):
    return ChildProcesses([sys.executable, "-c", textwrap.dedent(program)], {1: dict(os.environ)}, on_process_lost)


def test_a_killed_process_is_named():
    children = start_child("import time; time.sleep(600)")
    children.processes[0].send_signal(signal.SIGKILL)
    assert str(children.failure(60)) == (
        "process 1 of 2 was ended by SIGKILL; run the same command to resume from the last checkpoint"
    )
    children.end()


@pytest.mark.parametrize(("code", "kind"), [(1, TrainingError), (2, UserError)])
def test_a_process_reports_why_it_ended(code, kind):
    children = start_child(f"import os; os.write(0, b'out of ideas'); raise SystemExit({code})")
    failure = children.failure(60)
    assert type(failure) is kind
    assert str(failure) == "process 1 of 2: out of ideas"
    with pytest.raises(kind, match="out of ideas"):
        children.join()


def test_join_waits_for_processes_that_have_finished():
    children = start_child("pass")
    children.join()
    assert children.processes[0].returncode == 0
    assert children.failure(0) is None


def has_ended(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()  # a zombie has ended, too
    except FileNotFoundError:
        return True


def wait_for(condition, what):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within two minutes")


def test_a_rank_zero_that_hangs_is_ended_and_records_the_reason(tmp_path):
    program = f"""
        import sys, time
        from pathlib import Path
        from ganlab.engine.distributed import child_processes
        child_processes.GRACE_SECONDS = 0.1
        reason = Path({str(tmp_path / "reason")!r})
        child_processes.ChildProcesses([sys.executable, "-c", "raise SystemExit(3)"], {{1: {{}}}}, reason.write_text)
        time.sleep(600)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("stopped: process 1 of 2 ended with exit code 3; ")
    assert (tmp_path / "reason").read_text() == ended.stderr.removeprefix("stopped: ").strip()


@pytest.fixture
def training(tmp_path):
    """Start the command with two processes, in a SLURM shell, and wait for the first steps."""
    started = []

    def begin(*overrides):
        words = [*POINTS, "iterations=1000000", "log_every=10", "trainer=ddp", "trainer.accelerator=cpu"]
        words += ["checkpoint_every=10", *overrides, f"run_dir={tmp_path / 'run'}"]
        environment = clean(GANLAB_ALLOW="support", **SHELL)
        started.append(start_module("ganlab.commands.train", words, tmp_path, environment, tmp_path / "output.txt"))
        wait_for(
            lambda: started[0].poll() is not None or status(tmp_path / "run").get("step", 0) >= 10, "the first steps"
        )
        return started[0], [int(pid) for pid in child_pids(started[0].pid)]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def child_pids(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def status(directory):
    file = directory / "status.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pytest.mark.slow
def test_if_one_process_is_killed_the_run_ends_with_a_message(tmp_path, training):
    first, others = training()
    assert len(others) == 1
    os.kill(others[0], signal.SIGKILL)
    wait_for(lambda: first.poll() is not None, "the end of the command")
    sentence = "process 1 of 2 was ended by SIGKILL; run the same command to resume from the last checkpoint"
    assert first.returncode == 1
    message, advice = (tmp_path / "output.txt").read_text().splitlines()[-2:]
    assert message == f"stopped: {sentence}"
    assert advice == f"resume with: GANLAB_ALLOW=support ganlab resume {tmp_path / 'run'}"
    assert (status(tmp_path / "run")["state"], status(tmp_path / "run")["reason"]) == ("failed", sentence)


@pytest.mark.slow
def test_all_processes_end_with_rank_zero(training):
    first, others = training()
    first.kill()
    first.wait()
    wait_for(lambda: all(has_ended(pid) for pid in others), "the end of the other process")


@pytest.mark.slow
def test_rank_zero_reports_the_error_of_another_rank(tmp_path, training):
    failing = ["callback.fail._target_=support.two_ranks.FailOnRank", "callback.fail.at=12", "callback.fail.rank=1"]
    first, _ = training(*failing)
    wait_for(lambda: first.poll() is not None, "the end of the command")
    assert first.returncode == 1
    output = (tmp_path / "output.txt").read_text()
    assert output.splitlines()[-2] == "stopped: process 1 of 2: the callback failed at step 12"
    assert output.splitlines()[-1].endswith(f"ganlab resume {tmp_path / 'run'}")
    assert "Traceback" not in output
    assert status(tmp_path / "run")["reason"] == "process 1 of 2: the callback failed at step 12"


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_sigterm_to_either_rank_saves_and_ends_both(tmp_path, training, rank):
    first, others = training()
    os.kill([first.pid, *others][rank], signal.SIGTERM)
    wait_for(lambda: first.poll() is not None, "the end of the command")
    assert first.returncode == 143
    assert status(tmp_path / "run")["state"] == "preempted"
    wait_for(lambda: all(has_ended(pid) for pid in others), "the end of the other process")
