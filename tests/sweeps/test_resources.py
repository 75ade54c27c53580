"""The allocation of GPUs and cores to jobs, and the environment of a job."""

import pytest
from omegaconf import OmegaConf

from ganlab.core.errors import UserError
from ganlab.sweeps.launchers.resources import Allocation, ResourcePool, local_resources

CPU, AUTO = (OmegaConf.create({"accelerator": name, "devices": 1}) for name in ("cpu", "auto"))
PAIR = OmegaConf.create({"accelerator": "auto", "devices": 2})


def test_each_job_gets_one_gpu_until_all_are_used():
    pool = ResourcePool(["0", "1"], cores=8)
    first, second = pool.allocate(AUTO, 5), pool.allocate(AUTO, 5)
    assert (first, second) == (Allocation(("0",), 4), Allocation(("1",), 4))
    assert pool.allocate(AUTO, 5) is None
    pool.release(first)
    assert pool.allocate(AUTO, 5) == first


def test_slots_let_jobs_share_gpus_evenly():
    pool = ResourcePool(["0", "1"], cores=8, slots=4)
    assert [pool.allocate(AUTO, 9).gpus for _ in range(4)] == [("0",), ("1",), ("0",), ("1",)]
    assert pool.allocate(AUTO, 9) is None


def test_a_job_of_two_gpus_waits_for_both():
    pool = ResourcePool(["0", "1", "2"], cores=6)
    one = pool.allocate(AUTO, 2)
    pair = pool.allocate(PAIR, 2)
    assert pair.gpus == ("1", "2")
    assert pair.processes == 2
    assert pool.allocate(PAIR, 2) is None
    pool.release(one)
    pool.release(pair)
    assert pool.allocate(PAIR, 2).gpus == ("0", "1")


def test_cores_are_shared_among_all_jobs():
    assert ResourcePool([], cores=8).allocate(CPU, 2) == Allocation((), 4)
    many = ResourcePool([], cores=4)
    assert [many.allocate(CPU, 10) for _ in range(5)] == [Allocation((), 1)] * 4 + [None]
    three = ResourcePool([], cores=8, threads=3)
    assert [three.allocate(CPU, 10) for _ in range(3)] == [Allocation((), 3)] * 2 + [None]


def test_a_single_job_is_always_allocated():
    assert ResourcePool([], cores=1).allocate(PAIR, 3) == Allocation((), 1, 2)
    assert ResourcePool([], cores=2, threads=16).allocate(CPU, 3) == Allocation((), 16)
    assert ResourcePool(["0"], cores=2).allocate(PAIR, 1).gpus == ("0",)


def test_each_process_of_a_job_uses_cores():
    pool = ResourcePool([], cores=4, threads=1)
    assert pool.allocate(PAIR, 9).processes == 2
    assert pool.allocate(PAIR, 9) is not None
    assert pool.allocate(CPU, 9) is None


def test_a_job_on_the_cpu_uses_no_gpu():
    pool = ResourcePool(["0"], cores=2)
    assert pool.allocate(CPU, 2).gpus == ()
    assert pool.allocate(AUTO, 2).gpus == ("0",)


@pytest.mark.parametrize("name", ["slots", "threads"])
def test_less_than_one_slot_or_thread_is_rejected(name):
    with pytest.raises(UserError, match=f"hydra.launcher.{name} must be at least 1, or null, got 0"):
        ResourcePool([], 2, **{name: 0})


def test_the_environment_of_a_job_limits_its_resources_and_has_no_variables_of_other_runs(monkeypatch):
    for name in ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_PORT", "PL_GLOBAL_SEED", "GANLAB_RUN_DIR"):
        monkeypatch.setenv(name, "3")
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    environment = Allocation(("2", "5"), 4).environment
    assert environment["CUDA_VISIBLE_DEVICES"] == "2,5"
    assert environment["OMP_NUM_THREADS"] == "4"
    assert environment["GANLAB_ALLOW"] == "support"
    assert "PATH" in environment
    assert not {"LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_PORT", "PL_GLOBAL_SEED", "GANLAB_RUN_DIR"} & {
        *environment
    }


def test_this_machine_has_resources_for_a_job():
    assert local_resources(None, None).capacity >= 1
