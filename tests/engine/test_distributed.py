"""How processes are chosen, started, watched, and joined."""

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
from support.small_runs import POINTS
from torch import distributed

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError, TrainingError, UserError
from ganlab.engine.distributed import cluster
from ganlab.engine.distributed import trainer_arguments as build
from ganlab.engine.distributed.child_processes import ChildProcesses
from ganlab.engine.distributed.communicator import ProcessGroup, SingleProcess, buckets
from ganlab.engine.distributed.strategies import PER_NETWORK, processes, refusal
from ganlab.engine.distributed.strategy import PlayerDDPStrategy, communicator_of

FOREIGN = ("SLURM_", "LOCAL_RANK", "TORCHELASTIC_", "MASTER_", "WORLD_SIZE", "RANK", "NODE_RANK", "GROUP_RANK")


@pytest.fixture
def variables(monkeypatch):
    """Return a function that sets what a cluster's starter would, in an environment without any other's."""
    for name in os.environ:
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MASTER_PORT", "1")  # restored after what the code under test sets
    monkeypatch.delenv("MASTER_PORT")
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "1")
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    return lambda **values: [monkeypatch.setenv(name, value) for name, value in values.items()]


@pytest.fixture
def group(tmp_path):
    """Be a group of one."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_every_strategy_of_lightnings_is_taken_or_refused_in_a_sentence():
    for name in sorted(StrategyRegistry.available_strategies()):
        sentence = refusal(name)
        assert (sentence is None) == (name in PER_NETWORK)
        assert sentence is None or sentence.endswith(
            "use trainer.strategy=ddp, one whole copy of the networks per device"
        )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fsdp", "cuts weights into shards"),
        ("deepspeed_stage_3", "cuts weights into shards"),
        ("ddp_spawn", "trains in"),
    ],
)
def test_a_strategy_that_does_not_hold_is_refused_before_anything_is_built(name, reason):
    with pytest.raises(ConfigurationError) as refused:
        compose([*POINTS, "trainer.devices=2", f"trainer.strategy={name}"])
    assert [each.startswith(f"trainer.strategy={name} {reason}") for each in refused.value.issues] == [True]


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
    assert processes(settings) == count


def test_processes_share_the_batch_equally_or_not_at_all():
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
    "by nobody": ({}, "LightningEnvironment", False, True),
    "by ganlab": ({"LOCAL_RANK": "1", "NODE_RANK": "0"}, "LightningEnvironment", True, False),
    "on the second machine": ({"NODE_RANK": "1"}, "LightningEnvironment", False, False),
    "by srun": (STEP, "SLURMEnvironment", True, False),
    "by srun, alone": ({**STEP, "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, "LightningEnvironment", False, True),
    "in a shell of salloc's": (SHELL, "LightningEnvironment", False, True),
    "in an interactive step": ({**SHELL, "SLURM_STEP_ID": "4294967290"}, "LightningEnvironment", False, True),
    "in a script of sbatch's": ({**SHELL, "SLURM_STEP_ID": "4294967291"}, "LightningEnvironment", False, True),
    "by torchrun": (TORCHRUN, "TorchElasticEnvironment", True, False),
}


@pytest.mark.parametrize("case", STARTED)
def test_the_starter_is_known(case, variables):
    given, kind, outside, first = STARTED[case]
    variables(**given)
    environment = cluster.environment()
    assert type(environment).__name__ == kind
    assert environment.creates_processes_externally is outside
    assert cluster.is_first(environment) is first


def test_lightning_never_requeues_and_steps_of_one_job_meet_at_ports_of_their_own(variables, monkeypatch):
    ports = set()
    for step in ("0", "1", "2"):
        variables(**{**STEP, "SLURM_STEP_ID": step})
        environment = cluster.environment()
        assert environment.auto_requeue is False
        ports.add(environment.main_port)
        monkeypatch.delenv("MASTER_PORT")
    assert len(ports) == 3
    assert all(15_000 <= port < 30_000 for port in ports)


def test_more_processes_than_devices_are_refused(variables):
    variables(**STEP)
    with pytest.raises(UserError, match="2 processes were started for a run of one: set "):
        build.arguments({"devices": 1, "accelerator": "cpu"}, {}, print)


def test_one_device_needs_no_group(variables):
    assert build.arguments({"devices": 1, "strategy": "ddp"}, {}, print)["strategy"] == "auto"
    assert isinstance(build.arguments({"devices": 2, "accelerator": "cpu"}, {}, print)["strategy"], PlayerDDPStrategy)


def test_a_module_learns_how_its_strategy_talks():
    assert isinstance(communicator_of(SingleDeviceStrategy()), SingleProcess)
    assert isinstance(StrategyRegistry.get("ddp_per_network"), PlayerDDPStrategy)
    with pytest.raises(UserError, match="cannot be trained by DDPStrategy"):
        communicator_of(DDPStrategy())


def test_buckets_hold_one_type_and_so_many_bytes():
    tensors = [torch.zeros(count) for count in (3, 4, 5, 20, 1)] + [torch.zeros(2, dtype=torch.float64)]
    sizes = [[tensor.numel() for tensor in bucket] for bucket in buckets(tensors, 32)]
    assert sizes == [[3, 4], [5], [20], [1], [2]]
    assert list(buckets([], 32)) == []


@pytest.mark.parametrize("bucket_bytes", [1, 100, 10**6])
def test_an_average_of_one_changes_nothing_whatever_the_layout(group, bucket_bytes):
    weights = [
        torch.nn.Parameter(torch.randn(3, 2, 4, 4)),
        torch.nn.Parameter(torch.randn(5)),
        torch.nn.Parameter(torch.ones(2)),
    ]
    given = [torch.randn(3, 2, 4, 4).to(memory_format=torch.channels_last), torch.randn(10)[::2]]
    for weight, gradient in zip(weights, given, strict=False):
        weight.grad = gradient.clone(memory_format=torch.preserve_format)
    joined = ProcessGroup(bucket_bytes)
    joined.average_gradients(weights, "player/term")
    assert all(torch.equal(weight.grad, gradient) for weight, gradient in zip(weights, given, strict=False))
    assert weights[2].grad is None
    weights[2].grad = torch.full((2,), 3.0)  # at a later step of the same kind it has one after all
    joined.average_gradients(weights, "player/term")
    assert weights[2].grad.tolist() == [3, 3]
    assert joined.mean({"a": torch.tensor(2.0), "b": torch.tensor(0.1, dtype=torch.float64)}) == {"a": 2, "b": 0.1}
    assert joined.mean({}) == {}
    assert joined.any_rank(True)
    assert not joined.any_rank(False)


def crew(program, on_process_lost=print):
    return ChildProcesses([sys.executable, "-c", textwrap.dedent(program)], {1: dict(os.environ)}, on_process_lost)


def test_a_process_that_was_killed_is_named():
    started = crew("import time; time.sleep(600)")
    started.processes[0].send_signal(signal.SIGKILL)
    assert str(started.failure(60)) == (
        "process 1 of 2 was ended by SIGKILL; the same command goes on from the last checkpoint"
    )
    started.end()


@pytest.mark.parametrize(("code", "kind"), [(1, TrainingError), (2, UserError)])
def test_a_process_says_why_it_ended(code, kind):
    started = crew(f"import os; os.write(0, b'the moon is full'); raise SystemExit({code})")
    failure = started.failure(60)
    assert type(failure) is kind
    assert str(failure) == "process 1 of 2: the moon is full"
    with pytest.raises(kind, match="the moon is full"):
        started.join()


def test_processes_that_did_their_work_are_dismissed():
    started = crew("pass")
    started.join()
    assert started.processes[0].returncode == 0
    assert started.failure(0) is None


def gone(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()  # dead, if nobody has looked yet
    except FileNotFoundError:
        return True


def wait_for(condition, what):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited two minutes in vain for {what}")


def test_a_first_process_that_hangs_is_ended_and_leaves_its_sentence(tmp_path):
    program = f"""
        import sys, time
        from pathlib import Path
        from ganlab.engine.distributed import child_processes
        child_processes.GRACE_SECONDS = 0.1
        said = Path({str(tmp_path / "said")!r})
        child_processes.ChildProcesses([sys.executable, "-c", "raise SystemExit(3)"], {{1: {{}}}}, said.write_text)
        time.sleep(600)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("stopped: process 1 of 2 ended with exit code 3; ")
    assert (tmp_path / "said").read_text() == ended.stderr.removeprefix("stopped: ").strip()


@pytest.fixture
def training(tmp_path):
    """Start the command with two processes, within a shell of SLURM's, and wait until it has made some steps."""
    begun = []

    def begin(*words):
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        own = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "GANLAB_ALLOW": "support", **SHELL}
        command = [Path(sys.executable).with_name("ganlab"), "train", *POINTS, "iterations=1000000", "log_every=10"]
        with (tmp_path / "said.txt").open("w") as said:
            two = ["trainer=ddp", "trainer.accelerator=cpu", "checkpoint_every=10", *words]
            begun.append(
                subprocess.Popen(
                    [*command, *two, f"run_dir={tmp_path / 'run'}"],
                    env={**os.environ, **own},
                    cwd=tmp_path,
                    stderr=said,
                )
            )
        wait_for(
            lambda: begun[0].poll() is not None or status(tmp_path / "run").get("step", 0) >= 10, "the first steps"
        )
        return begun[0], [int(each) for each in children(begun[0].pid)]

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def status(directory):
    file = directory / "status.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pytest.mark.slow
def test_the_death_of_one_process_ends_the_run_in_a_sentence(tmp_path, training):
    first, others = training()
    assert len(others) == 1
    os.kill(others[0], signal.SIGKILL)
    wait_for(lambda: first.poll() is not None, "the end of the command")
    sentence = "process 1 of 2 was ended by SIGKILL; the same command goes on from the last checkpoint"
    assert first.returncode == 1
    assert (tmp_path / "said.txt").read_text().splitlines()[-1] == f"stopped: {sentence}"
    assert (status(tmp_path / "run")["state"], status(tmp_path / "run")["reason"]) == ("failed", sentence)


@pytest.mark.slow
def test_no_process_outlives_the_first(training):
    first, others = training()
    first.kill()
    first.wait()
    wait_for(lambda: all(gone(pid) for pid in others), "the end of the other process")


@pytest.mark.slow
def test_what_only_another_process_knows_is_told_by_the_first(tmp_path, training):
    first, _ = training("callback.fall._target_=support.two_ranks.Fall", "callback.fall.at=12", "callback.fall.rank=1")
    wait_for(lambda: first.poll() is not None, "the end of the command")
    assert first.returncode == 1
    said = (tmp_path / "said.txt").read_text()
    assert said.splitlines()[-1] == "stopped: process 1 of 2: the second die fell at step 12"
    assert "Traceback" not in said
    assert status(tmp_path / "run")["reason"] == "process 1 of 2: the second die fell at step 12"


@pytest.mark.slow
@pytest.mark.parametrize("who", [0, 1])
def test_sigterm_for_either_process_saves_and_ends_both(tmp_path, training, who):
    first, others = training()
    os.kill([first.pid, *others][who], signal.SIGTERM)
    wait_for(lambda: first.poll() is not None, "the end of the command")
    assert first.returncode == 143
    assert status(tmp_path / "run")["state"] == "preempted"
    wait_for(lambda: all(gone(pid) for pid in others), "the end of the other process")
