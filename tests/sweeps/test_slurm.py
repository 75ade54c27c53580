"""Jobs on a real cluster: whatever becomes of their place in it, they go on where they were, bit for bit.

The scenarios play at the same time on one cluster, because most of it is waiting; each is a test that says how it went.
"""

import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.slurm_components import STEPS_OF_A_LIFE
from support.small_runs import POINTS, assert_same, state
from support.wandb_offline import runs

SCRIPT = Path(__file__).parents[2] / "scripts" / "slurm_local.sh"
TOOLS = ("slurmctld", "slurmd", "slurmdbd", "mariadbd", "munged", "sbatch", "srun")
PATIENCE_SECONDS = 300
SETTINGS = [
    *(line for line in POINTS if not line.startswith(("iterations", "log_every", "checkpoint_every"))),
    "iterations=150",
    "log_every=5",
    "checkpoint_every=10",
    "callback.fate._target_=support.slurm_components.Fate",
]
CLUSTER = ["hydra/launcher=slurm", "hydra.launcher.poll_seconds=1", "hydra.launcher.lost_after_seconds=3"]
ELSEWHERE = "hydra.launcher.additional_parameters={nodelist: node2}"  # than where a node is to fail
pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.xdist_group("slurm")]


def until(condition, what, process=None):
    """Wait for a condition to hold and return its value; fail where it does not, or the process ends before."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert process is None or process.poll() is None, f"ended before {what}: {process.words}\n{process.said()}"
        assert time.monotonic() < end, f"{what}: not in {PATIENCE_SECONDS} s"
        time.sleep(0.1)
    return found


def ask(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class Launching(subprocess.Popen):
    """A `ganlab` command in the background, with what it says in a file."""

    def __init__(self, *words, cwd):
        self.words, self.output = shlex.join(words), Path(tempfile.mkstemp(dir=cwd, suffix=".txt")[1])
        with self.output.open("w") as file:
            super().__init__([Path(sys.executable).with_name("ganlab"), *words], cwd=cwd, stdout=file, stderr=file)

    def said(self):
        return self.output.read_text()

    def __exit__(self, *error):
        self.kill()  # where something went wrong; nothing else is left of it then
        super().__exit__(*error)

    def finish(self):
        code = self.wait(PATIENCE_SECONDS)
        assert "Traceback" not in self.said()
        return code


def run(*words, cwd, code=0):
    with Launching(*words, cwd=cwd) as command:
        assert command.finish() == code, command.said()
        return command.said()


class Sweep:
    """The directory of a sweep, looked at from outside."""

    def __init__(self, folder):
        self.folder = folder
        self.words = ["train", "-m", *SETTINGS, *CLUSTER, f"hydra.sweep.dir={folder}"]

    def ids(self):
        return json.loads((self.folder / "slurm.json").read_text())

    def status(self, number):
        file = self.folder / str(number) / "status.json"
        return json.loads(file.read_text()) if file.exists() else {"state": "", "step": 0}

    def is_alive(self, number, rank=0):
        """Return the process, the number of processes and the first step of each life of a job."""
        file = self.folder / str(number) / f"life.{rank}"
        return [[int(each) for each in line.split()] for line in file.read_text().splitlines()] if file.exists() else []

    def await_life(self, number, life, process=None):
        """Wait until a job has made some steps of a life and saved itself in it."""
        is_alive = until(lambda: len(self.is_alive(number)) >= life and self.is_alive(number), f"life {life}", process)
        begun = is_alive[life - 1][2]
        until(lambda: self.status(number)["step"] >= begun + 20, f"steps of life {life}", process)

    def states(self):
        return [each["state"] for each in json.loads((self.folder / "sweep.json").read_text())["jobs"]]

    def same(self, first, second):
        assert_same(state(self.folder / str(first)), state(self.folder / str(second)))


def array(folder):
    """One array: its launcher dies, the next takes over, one job is requeued, one cancelled and one killed."""
    sweep = Sweep(folder)
    words = [*sweep.words, ELSEWHERE, "callback.fate.fate=none,requeued,cancelled,killed"]
    with Launching(*words, cwd=folder.parent) as launcher:
        for number in (1, 2, 3):
            sweep.await_life(number, 1, launcher)
    ids = sweep.ids()  # and the launcher was killed
    assert len({each.split("_")[0] for each in ids.values()}) == 1, "not one array"
    with Launching(*words, cwd=folder.parent) as launcher:
        until(lambda: "in SLURM's queue already" in launcher.said(), "the second launcher", launcher)
        ask("scontrol", "requeue", ids["1"])
        ask("scancel", ids["2"])
        os.kill(sweep.is_alive(3)[0][0], signal.SIGKILL)
        assert launcher.finish() == 1, launcher.said()
    assert sweep.ids() == ids, "submitted twice"
    assert sweep.states() == ["finished", "finished", "preempted", "failed"]
    assert "ended as CANCELLED in SLURM" in sweep.status(2)["reason"]
    assert "ended as FAILED in SLURM; srun: error: node2: task 0: Killed" in sweep.status(3)["reason"]
    first, second = sweep.is_alive(1)
    assert first[2] == 0
    assert second[2] >= 20
    sweep.same(0, 1)


def processes(folder):
    """Two processes on two nodes equal two on one node that is preempted and then loses its node."""
    config = folder.parent / "config" / "trainer"
    config.mkdir(parents=True)
    shared = "accelerator: cpu\n  strategy: ddp\n  precision: 32-true"
    for name, layout, fate in (("spread", "devices: 1\n  num_nodes: 2", "none"), ("pair", "devices: 2", "moved")):
        text = f"# @package _global_\ntrainer:\n  {shared}\n  {layout}\ncallback:\n  fate:\n    fate: {fate}\n"
        (config / f"{name}.yaml").write_text(text)
    sweep = Sweep(folder)
    words = [word for word in sweep.words if word != "trainer=cpu"]
    words += [f"--config-dir={config.parent}", "trainer=spread,pair", "hydra.launcher.partition=low"]
    with Launching(*words, cwd=folder.parent) as launcher:
        until(lambda: sweep.status(0)["state"] == "finished", "the job on two nodes", launcher)
        sweep.await_life(1, 1, launcher)
        place = ["squeue", "--noheader", f"--jobs={sweep.ids()['1']}", "--format=%N"]
        ask("srun", "--partition=high", f"--nodelist={ask(*place).strip()}", "--exclusive", "true")
        sweep.await_life(1, 2, launcher)
        ask(SCRIPT, "fail", ask(*place).strip())
        until(lambda: len(sweep.is_alive(1)) == 3, "life 3, on the other node", launcher)
        assert launcher.finish() == 0, launcher.said()
    assert sweep.states() == ["finished", "finished"]
    for job, rank in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert {life[1] for life in sweep.is_alive(job, rank)} == {2}, "not two processes"
    steps = [life[2] for life in sweep.is_alive(1)]
    assert len(steps) == 3
    assert 0 == steps[0] < steps[1] < steps[2]
    assert {each.name for each in folder.iterdir() if each.is_dir()} >= {"0", "1", "slurm"}
    assert not [each for each in folder.parent.rglob("life.*") if each.parent.parent != folder]
    script = (folder / "slurm" / f"{sweep.ids()['1']}_submission.sh").read_text()
    assert "#SBATCH --ntasks-per-node=2" in script
    assert "export MASTER_PORT=" in script
    assert "export SRUN_CPUS_PER_TASK=1" in script
    sweep.same(0, 1)


def limit(folder):
    """Submitted and left alone: a job that runs into its time limit goes on, as one W&B run, and can be collected."""
    sweep = Sweep(folder)
    words = [*sweep.words, ELSEWHERE, "callback.fate.fate=choice(limited)", "--no-wait"]
    words += ["logger=[csv,wandb]", "logger.wandb.mode=offline"]
    words += ["hydra.launcher.timeout_min=100", "hydra.launcher.signal_delay_s=3000"]
    run(*words, cwd=folder.parent)
    assert "finished" not in run("sweep", "status", str(folder), cwd=folder.parent, code=1)
    whole = folder.parent / "whole"
    run("train", *SETTINGS, "callback.fate.fate=none", f"run_dir={whole}", cwd=folder.parent)
    # SLURM gives its warning within 30 s, in the middle of the first life and of no other however slow the machine is.
    sweep.await_life(0, 1)
    ask("scontrol", "update", f"JobId={sweep.ids()['0']}", "TimeLimit=50")
    until(lambda: sweep.status(0)["state"] == "preempted", "the end of its time")
    ask("scontrol", "update", f"JobId={sweep.ids()['0']}", "TimeLimit=100")
    until(lambda: sweep.status(0)["state"] == "finished", "the job")
    first, *others = sweep.is_alive(0)
    assert first[2] == 0
    assert [life[2] for life in others] == [STEPS_OF_A_LIFE + 1]
    assert_same(state(folder / "0"), state(whole))
    is_alive = runs(folder / "0")  # what W&B wrote: a run for each life, under one id
    assert len(is_alive) == 2
    assert {each.run.run_id for each in is_alive} == {is_alive[0].run.run_id}
    assert is_alive[0].preempting
    assert is_alive[-1].run.resume
    assert is_alive[-1].exit_codes == [0]
    run("sweep", "collect", str(folder), cwd=folder.parent)
    assert sweep.states() == ["finished"]


SCENARIOS = {each.__name__: each for each in (array, processes, limit)}


def free_port():
    """Return a number such that it, and those which the cluster counts from it, are free."""
    for first in range(27_000 + os.getpid() % 100 * 40, 32_000, 20):
        try:
            for number in (first, first + 1, first + 2, first + 10, first + 11):
                with socket.socket() as each:
                    each.bind(("127.0.0.1", number))
            return first
        except OSError:
            continue
    pytest.skip("no ports are free for a cluster")


def play(names, folder):
    """Run scenarios at once on a cluster of their own and return by name what went wrong, or nothing."""
    home = os.environ.get("SLURM_LOCAL_DIR") or tempfile.mkdtemp(prefix="slurm-")
    os.environ |= {"SLURM_LOCAL_DIR": home, "SLURM_LOCAL_NODES": "2", "SLURM_LOCAL_CPUS": "16"}
    os.environ |= {"SLURM_LOCAL_PORT": str(free_port()), "SLURM_CONF": f"{home}/etc/slurm.conf"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "GANLAB_ALLOW": "support", "OMP_NUM_THREADS": "1"}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])

    def report(name):
        try:
            (folder / name).mkdir()
            SCENARIOS[name](folder / name / "sweep")
        except BaseException:
            return traceback.format_exc()
        return ""

    try:
        subprocess.run([SCRIPT, "start"], check=True)
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(report, names), strict=True))
    finally:
        subprocess.run([SCRIPT, "clean"], check=True)


@pytest.fixture(scope="module")
def reports(request, tmp_path_factory):
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        pytest.skip(f"SLURM is not installed ({', '.join(missing)}); as root: scripts/slurm_local.sh install")
    pytest.importorskip("submitit")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    names = sorted({item.callspec.params["name"] for item in request.session.items if item.path == request.path})
    with (folder / "slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several workers that have drawn these tests the first plays
        file = folder / "slurm.json"
        if not file.exists():
            before = dict(os.environ)
            try:
                file.write_text(json.dumps(play(names, folder)))
            finally:
                os.environ.clear()
                os.environ.update(before)
        return json.loads(file.read_text())


@pytest.mark.parametrize("name", SCENARIOS)
def test_on_a_real_cluster(reports, name):
    assert not reports[name], reports[name]
