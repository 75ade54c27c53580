"""Places for jobs: a GPU each, cores shared evenly, and a clean environment."""

import pytest
from omegaconf import OmegaConf

from ganlab.core.errors import UserError
from ganlab.sweeps.launchers.resources import Allocation, Room, this_machine

CPU, AUTO = (OmegaConf.create({"accelerator": name, "devices": 1}) for name in ("cpu", "auto"))
PAIR = OmegaConf.create({"accelerator": "auto", "devices": 2})


def test_one_gpu_each_until_there_are_none_left():
    room = Room(["0", "1"], cores=8)
    first, second = room.take(AUTO, 5), room.take(AUTO, 5)
    assert (first, second) == (Allocation(("0",), 4), Allocation(("1",), 4))
    assert room.take(AUTO, 5) is None
    room.free(first)
    assert room.take(AUTO, 5) == first


def test_slots_let_jobs_share_gpus_evenly():
    room = Room(["0", "1"], cores=8, slots=4)
    assert [room.take(AUTO, 9).gpus for _ in range(4)] == [("0",), ("1",), ("0",), ("1",)]
    assert room.take(AUTO, 9) is None


def test_a_job_of_two_gpus_waits_for_both():
    room = Room(["0", "1", "2"], cores=6)
    one = room.take(AUTO, 2)
    pair = room.take(PAIR, 2)
    assert pair.gpus == ("1", "2")
    assert pair.processes == 2
    assert room.take(PAIR, 2) is None
    room.free(one)
    room.free(pair)
    assert room.take(PAIR, 2).gpus == ("0", "1")


def test_cores_are_shared_among_as_many_jobs_as_there_are():
    assert Room([], cores=8).take(CPU, 2) == Allocation((), 4)
    many = Room([], cores=4)
    assert [many.take(CPU, 10) for _ in range(5)] == [Allocation((), 1)] * 4 + [None]
    three = Room([], cores=8, threads=3)
    assert [three.take(CPU, 10) for _ in range(3)] == [Allocation((), 3)] * 2 + [None]


def test_one_job_always_finds_a_place():
    assert Room([], cores=1).take(PAIR, 3) == Allocation((), 1, 2)
    assert Room([], cores=2, threads=16).take(CPU, 3) == Allocation((), 16)
    assert Room(["0"], cores=2).take(PAIR, 1).gpus == ("0",)


def test_processes_of_a_job_take_cores_each():
    room = Room([], cores=4, threads=1)
    assert room.take(PAIR, 9).processes == 2
    assert room.take(PAIR, 9) is not None
    assert room.take(CPU, 9) is None


def test_a_job_for_the_cpu_leaves_the_gpus_alone():
    room = Room(["0"], cores=2)
    assert room.take(CPU, 2).gpus == ()
    assert room.take(AUTO, 2).gpus == ("0",)


@pytest.mark.parametrize("name", ["slots", "threads"])
def test_no_room_at_all_is_refused(name):
    with pytest.raises(UserError, match=f"hydra.launcher.{name} must be at least 1, or null, got 0"):
        Room([], 2, **{name: 0})


def test_the_environment_of_a_job_has_its_place_and_nothing_of_other_runs(monkeypatch):
    for name in ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_PORT", "PL_GLOBAL_SEED", "GANLAB_RUN_DIR"):
        monkeypatch.setenv(name, "3")
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    environment = Allocation(("2", "5"), 4).environment
    assert environment["CUDA_VISIBLE_DEVICES"] == "2,5"
    assert environment["OMP_NUM_THREADS"] == "4"
    assert environment["GANLAB_ALLOW"] == "tiny"
    assert "PATH" in environment
    assert not {"LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_PORT", "PL_GLOBAL_SEED", "GANLAB_RUN_DIR"} & {
        *environment
    }


def test_this_machine_has_room_for_a_job():
    assert this_machine(None, None).width >= 1
