"""Jobs that are forked and jobs of a new Python write the same bytes, and a lost server loses no job."""

import csv
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from support.small_runs import POINTS, assert_same, clean, command, state

from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job
from ganlab.sweeps.launchers.job_processes import ForkedProcesses, FreshProcesses, create_job_processes

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are used on Linux")
SCORED = [word for word in POINTS if not word.startswith("metric=")]
SCORED += ["metric=[wasserstein]", "optimized_metric=wasserstein", "protocol.samples=32", "sample_every=3"]
TIMES = {"time", "heartbeat", "pid", "host"}
# Columns of metrics.csv that depend on the speed.
SPEED = re.compile("seconds|per_second|memory|mib")


def test_auto_forks_on_linux() -> None:
    assert isinstance(create_job_processes("auto"), ForkedProcesses if sys.platform == "linux" else FreshProcesses)
    assert isinstance(create_job_processes("spawn"), FreshProcesses)


def test_another_name_is_refused() -> None:
    with pytest.raises(UserError, match=r"start_method must be auto, forkserver or spawn, got 'fork'"):
        create_job_processes("fork")


def contents(run: Path) -> dict[str, object]:
    """Return what a run wrote by file, without times and speeds."""
    status = {key: value for key, value in json.loads((run / "status.json").read_text()).items() if key not in TIMES}
    with (run / "metrics.csv").open() as file:
        rows = [{key: value for key, value in row.items() if not SPEED.search(key)} for row in csv.DictReader(file)]
    names = ["generator.json", "generator.safetensors", "scores.json"]
    names += [path.relative_to(run).as_posix() for path in sorted(run.glob("samples/*.png"))]
    config = (run / "config.yaml").read_text().replace(str(run), "RUN").replace(run.parent.name, "SWEEP")
    log = re.sub(r"[\d,]+ samples/s|[\d:]+ left", "", (run / "job.log").read_text()).replace(run.parent.name, "SWEEP")
    return {"status": status, "rows": rows, "config": config, "log": log} | {
        name: (run / name).read_bytes() for name in names
    }


@pytest.mark.slow
@ONLY_LINUX
def test_both_ways_write_the_same_bytes(tmp_path: Path) -> None:
    for way in ("forkserver", "spawn"):
        words = ["train", "-m", *SCORED, "seed=3,4", f"hydra.launcher.start_method={way}", f"hydra.sweep.dir={way}"]
        done = command(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for job in "01":
        forked, fresh = tmp_path / "forkserver" / job, tmp_path / "spawn" / job
        assert contents(forked) == contents(fresh)
        assert_same(state(forked), state(fresh))


@pytest.mark.slow
@ONLY_LINUX
def test_jobs_with_other_gpus_share_a_server_and_may_print_a_lot(tmp_path: Path) -> None:
    processes, running = ForkedProcesses(), []
    loud = ["callback.loud._target_=support.small_runs.Loud", "callback.loud.lines=2000"]
    with (tmp_path / "lock").open("w") as lock:
        for number, gpus in enumerate(["", "7", "3,5"]):
            job = Job(number, (*POINTS, *loud), tmp_path / str(number))
            job.directory.mkdir()
            environment = clean(GANLAB_ALLOW="support", CUDA_VISIBLE_DEVICES=gpus)
            running.append(processes.start(job, environment, lock.fileno()))
        assert [process.wait() for process in running] == [0, 0, 0]
    assert len(processes.servers) == 1
    for number, gpus in enumerate(["", "7", "3,5"]):
        log = (tmp_path / str(number) / "job.log").read_text()
        assert f"GPUs '{gpus}'" in log
        assert log.count("x" * 99) == 6 * 2000


@pytest.mark.slow
@ONLY_LINUX
def test_jobs_of_a_lost_server_start_a_new_python(tmp_path: Path) -> None:
    processes, codes = ForkedProcesses(), []
    with (tmp_path / "lock").open("w") as lock:
        for number in range(2):
            for server in processes.servers:
                os.kill(server.pid, signal.SIGKILL)
                server.close()
            job = Job(number, tuple(POINTS), tmp_path / str(number))
            job.directory.mkdir()
            codes.append(processes.start(job, clean(), lock.fileno()).wait())
    assert codes == [0, 0]
    for number in range(2):
        assert "finished in" in (tmp_path / str(number) / "job.log").read_text()
