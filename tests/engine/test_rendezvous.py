"""The processes of several machines meet within a bound, with a line that says who is missing, or end by a signal."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.small_runs import POINTS, go

from ganlab.core.errors import Interrupted, UserError
from ganlab.engine.distributed import cluster, rendezvous
from ganlab.engine.distributed.rendezvous import Place, join

SOON = timedelta(seconds=20)
NODES = ["+trainer.num_nodes=2", "trainer.strategy=ddp"]
ADVICE = "start the same command on every machine, with the same MASTER_ADDR and MASTER_PORT and its own NODE_RANK"


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


BY_HAND = {"NODE_RANK": "0"}
BY_SRUN = {
    **{"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2"},
    **{"SLURM_STEP_TASKS_PER_NODE": "1(x2)", "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "2"},
    **{"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_NODELIST": "127.0.0.1"},
}


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    for name in ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT", *BY_SRUN):
        monkeypatch.setenv(name, "0")  # so monkeypatch restores what the code under test sets
        monkeypatch.delenv(name)


def test_all_processes_get_one_store(port):
    places = [Place("127.0.0.1", port, rank, 3, ADVICE) for rank in (1, 2, 0)]
    with ThreadPoolExecutor(3) as pool:
        stores = list(pool.map(lambda place: join(place, SOON, seconds=20), places))
    stores[0].set("key", "value")
    assert [store.get("key") for store in stores] == [b"value"] * 3


@pytest.mark.parametrize(
    ("rank", "whom"),
    [(0, "1 of 2 processes at 127.0.0.1:{}"), (1, "the first machine (127.0.0.1:{}), which does not answer")],
)
def test_missing_processes_are_waited_for_within_a_bound(rank, whom, port, capsys, monkeypatch):
    monkeypatch.setattr(rendezvous, "POLL_SECONDS", 0.01)
    with pytest.raises(UserError) as caught:
        join(Place("127.0.0.1", port, rank, 2, ADVICE), SOON, seconds=0.1)
    assert str(caught.value) == f"waited 0 s for {whom.format(port)}; {ADVICE}"
    assert capsys.readouterr().err == f"waiting up to 0 s for {whom.format(port)}; {ADVICE}\n"


def test_a_signal_ends_the_wait(port):
    def stop(number, frame):
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(Interrupted):
            join(Place("127.0.0.1", port, 0, 2, ADVICE), SOON, seconds=20)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_taken_port_is_reported(port):
    with socket.socket() as taken:
        taken.bind(("", port))
        taken.listen()
        with pytest.raises(UserError, match=rf"MASTER_PORT={port}: the processes of this run cannot meet there \("):
            join(Place("127.0.0.1", port, 0, 2, ADVICE), SOON, seconds=1)


@pytest.mark.parametrize("variables", [{}, {"NODE_RANK": "1"}, {"MASTER_ADDR": "h", "MASTER_PORT": "1"}])
def test_several_machines_need_to_know_which_they_are(variables, tmp_path, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=r"trainer\.num_nodes=2: nothing says which of the machines this is; start"):
        go(tmp_path / "run", *POINTS, *NODES)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        (BY_HAND, ADVICE),
        (
            BY_SRUN,
            "see in the launcher's log whether it has started all of them, and whether their machines reach this "
            "address",
        ),
    ],
    ids=["by hand", "by srun"],
)
def test_a_run_that_waits_in_vain_leaves_no_folder(variables, advice, tmp_path, port, monkeypatch):
    monkeypatch.setattr(rendezvous.join, "__defaults__", (0.2,))
    for name, value in {**variables, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}.items():
        monkeypatch.setenv(name, value)
    assert cluster.is_rank_zero(cluster.environment(2, 2))
    with pytest.raises(UserError) as caught:
        go(tmp_path / "run", *POINTS, *NODES)
    assert str(caught.value) == f"waited 0 s for 1 of 2 processes at 127.0.0.1:{port}; {advice}"
    assert not (tmp_path / "run").exists()
