"""Jobs on a real SLURM cluster: interrupted jobs are resumed bit for bit.

All scenarios run at the same time on one cluster, because they mostly wait; each test reports on one of them.
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
from support.slurm_components import STEPS_PER_LIFE
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
NODE2 = "hydra.launcher.additional_parameters={nodelist: node2}"  # the scenario `processes` fails the other node
pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.xdist_group("slurm")]


def until(condition, name, process=None):
    """Wait for a true condition and return its value; fail after PATIENCE_SECONDS, or if the process ends first."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert process is None or process.poll() is None, f"ended before {name}: {process.words}\n{process.text()}"
        assert time.monotonic() < end, f"{name}: not in {PATIENCE_SECONDS} s"
        time.sleep(0.1)
    return value


def output_of(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class Background(subprocess.Popen):
    """A `ganlab` command in the background, with its output in a file."""

    def __init__(self, *words, cwd):
        self.words, self.output = shlex.join(words), Path(tempfile.mkstemp(dir=cwd, suffix=".txt")[1])
        with self.output.open("w") as file:
            super().__init__([Path(sys.executable).with_name("ganlab"), *words], cwd=cwd, stdout=file, stderr=file)

    def text(self):
        return self.output.read_text()

    def __exit__(self, *error):
        self.kill()  # if the test failed before it ended
        super().__exit__(*error)

    def finish(self):
        code = self.wait(PATIENCE_SECONDS)
        assert "Traceback" not in self.text()
        return code


def run(*words, cwd, code=0):
    with Background(*words, cwd=cwd) as command:
        assert command.finish() == code, command.text()
        return command.text()


class Sweep:
    """Reads the directory of a sweep while it runs."""

    def __init__(self, folder):
        self.folder = folder
        self.words = ["train", "-m", *SETTINGS, *CLUSTER, f"hydra.sweep.dir={folder}"]

    def ids(self):
        return json.loads((self.folder / "slurm.json").read_text())

    def status(self, number):
        file = self.folder / str(number) / "status.json"
        return json.loads(file.read_text()) if file.exists() else {"state": "", "step": 0}

    def lives(self, number, rank=0):
        """Return [process id, number of processes, first step] for each start of a job."""
        file = self.folder / str(number) / f"life.{rank}"
        return [[int(word) for word in line.split()] for line in file.read_text().splitlines()] if file.exists() else []

    def await_life(self, number, life, process=None):
        """Wait until a job has started `life` times and made 20 steps since, so it has saved checkpoints."""
        lives = until(lambda: len(self.lives(number)) >= life and self.lives(number), f"life {life}", process)
        first_step = lives[life - 1][2]
        until(lambda: self.status(number)["step"] >= first_step + 20, f"steps of life {life}", process)

    def states(self):
        return [job["state"] for job in json.loads((self.folder / "sweep.json").read_text())["jobs"]]

    def assert_same_state(self, first, second):
        assert_same(state(self.folder / str(first)), state(self.folder / str(second)))


def array(folder):
    """One array: its launcher is killed, a second one waits for it; one job is requeued, one cancelled, one killed."""
    sweep = Sweep(folder)
    words = [*sweep.words, NODE2, "callback.fate.fate=none,requeued,cancelled,killed"]
    with Background(*words, cwd=folder.parent) as launcher:
        for number in (1, 2, 3):
            sweep.await_life(number, 1, launcher)
    ids = sweep.ids()  # the launcher is killed now
    assert len({slurm_id.split("_")[0] for slurm_id in ids.values()}) == 1, "not one array"
    with Background(*words, cwd=folder.parent) as launcher:
        until(lambda: "already in SLURM's queue" in launcher.text(), "the second launcher", launcher)
        output_of("scontrol", "requeue", ids["1"])
        output_of("scancel", ids["2"])
        os.kill(sweep.lives(3)[0][0], signal.SIGKILL)
        assert launcher.finish() == 1, launcher.text()
    assert sweep.ids() == ids, "submitted twice"
    assert sweep.states() == ["finished", "finished", "preempted", "failed"]
    assert "ended as CANCELLED in SLURM" in sweep.status(2)["reason"]
    assert "ended as FAILED in SLURM; srun: error: node2: task 0: Killed" in sweep.status(3)["reason"]
    first, second = sweep.lives(1)
    assert first[2] == 0
    assert second[2] >= 20
    sweep.assert_same_state(0, 1)


def processes(folder):
    """Two processes on two nodes train like two on one node, in a job that is preempted and then loses its node."""
    config = folder.parent / "config" / "trainer"
    config.mkdir(parents=True)
    shared = "accelerator: cpu\n  strategy: ddp\n  precision: 32-true"
    for name, layout, fate in (("spread", "devices: 1\n  num_nodes: 2", "none"), ("pair", "devices: 2", "moved")):
        text = f"# @package _global_\ntrainer:\n  {shared}\n  {layout}\ncallback:\n  fate:\n    fate: {fate}\n"
        (config / f"{name}.yaml").write_text(text)
    sweep = Sweep(folder)
    words = [word for word in sweep.words if word != "trainer=cpu"]
    words += [f"--config-dir={config.parent}", "trainer=spread,pair", "hydra.launcher.partition=low"]
    with Background(*words, cwd=folder.parent) as launcher:
        until(lambda: sweep.status(0)["state"] == "finished", "the job on two nodes", launcher)
        sweep.await_life(1, 1, launcher)
        find_node = ["squeue", "--noheader", f"--jobs={sweep.ids()['1']}", "--format=%N"]
        output_of("srun", "--partition=high", f"--nodelist={output_of(*find_node).strip()}", "--exclusive", "true")
        sweep.await_life(1, 2, launcher)
        output_of(SCRIPT, "fail", output_of(*find_node).strip())
        until(lambda: len(sweep.lives(1)) == 3, "life 3, on the other node", launcher)
        assert launcher.finish() == 0, launcher.text()
    assert sweep.states() == ["finished", "finished"]
    for job, rank in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert {life[1] for life in sweep.lives(job, rank)} == {2}, "not two processes"
    steps = [life[2] for life in sweep.lives(1)]
    assert len(steps) == 3
    assert 0 == steps[0] < steps[1] < steps[2]
    assert {path.name for path in folder.iterdir() if path.is_dir()} >= {"0", "1", "slurm"}
    assert not [path for path in folder.parent.rglob("life.*") if path.parent.parent != folder]
    script = (folder / "slurm" / f"{sweep.ids()['1']}_submission.sh").read_text()
    assert "#SBATCH --ntasks-per-node=2" in script
    assert "export MASTER_PORT=" in script
    assert "export SRUN_CPUS_PER_TASK=1" in script
    sweep.assert_same_state(0, 1)


def limit(folder):
    """Submitted without waiting: a job that reaches its time limit is resumed, as one W&B run, and can be collected."""
    sweep = Sweep(folder)
    words = [*sweep.words, NODE2, "callback.fate.fate=choice(limited)", "--no-wait"]
    words += ["logger=[csv,wandb]", "logger.wandb.mode=offline"]
    words += ["hydra.launcher.timeout_min=100", "hydra.launcher.signal_delay_s=3000"]
    run(*words, cwd=folder.parent)
    assert "finished" not in run("sweep", "status", str(folder), cwd=folder.parent, code=1)
    whole = folder.parent / "whole"
    run("train", *SETTINGS, "callback.fate.fate=none", f"run_dir={whole}", cwd=folder.parent)
    # SLURM sends its warning within 30 s: on any machine this is during the first life, which waits for it.
    sweep.await_life(0, 1)
    output_of("scontrol", "update", f"JobId={sweep.ids()['0']}", "TimeLimit=50")
    until(lambda: sweep.status(0)["state"] == "preempted", "the end of its time")
    output_of("scontrol", "update", f"JobId={sweep.ids()['0']}", "TimeLimit=100")
    until(lambda: sweep.status(0)["state"] == "finished", "the job")
    first, *others = sweep.lives(0)
    assert first[2] == 0
    assert [life[2] for life in others] == [STEPS_PER_LIFE + 1]
    assert_same(state(folder / "0"), state(whole))
    wandb_runs = runs(folder / "0")  # W&B writes a run for each life, with the same id
    assert len(wandb_runs) == 2
    assert {wandb_run.run.run_id for wandb_run in wandb_runs} == {wandb_runs[0].run.run_id}
    assert wandb_runs[0].preempting
    assert wandb_runs[-1].run.resume
    assert wandb_runs[-1].exit_codes == [0]
    run("sweep", "collect", str(folder), cwd=folder.parent)
    assert sweep.states() == ["finished"]


SCENARIOS = {scenario.__name__: scenario for scenario in (array, processes, limit)}


def free_port():
    """Return the first of the ports of a cluster, all of which are free."""
    for first in range(27_000 + os.getpid() % 100 * 40, 32_000, 20):
        try:
            for number in (first, first + 1, first + 2, first + 10, first + 11):
                with socket.socket() as port:
                    port.bind(("127.0.0.1", number))
            return first
        except OSError:
            continue
    pytest.skip("there are not enough free ports for a cluster")


def run_scenarios(names, folder):
    """Run scenarios at the same time on a new cluster and return the traceback of each by name, "" if it passed."""
    home = os.environ.get("SLURM_LOCAL_DIR") or tempfile.mkdtemp(prefix="slurm-")
    os.environ |= {"SLURM_LOCAL_DIR": home, "SLURM_LOCAL_NODES": "2", "SLURM_LOCAL_CPUS": "16"}
    os.environ |= {"SLURM_LOCAL_PORT": str(free_port()), "SLURM_CONF": f"{home}/etc/slurm.conf"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "GANLAB_ALLOW": "support", "OMP_NUM_THREADS": "1"}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])

    def run_scenario(name):
        try:
            (folder / name).mkdir()
            SCENARIOS[name](folder / name / "sweep")
        except BaseException:
            return traceback.format_exc()
        return ""

    try:
        subprocess.run([SCRIPT, "start"], check=True)
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(run_scenario, names), strict=True))
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
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker runs the scenarios, others read its file
        file = folder / "slurm.json"
        if not file.exists():
            environment = dict(os.environ)
            try:
                file.write_text(json.dumps(run_scenarios(names, folder)))
            finally:
                os.environ.clear()
                os.environ.update(environment)
        return json.loads(file.read_text())


@pytest.mark.parametrize("name", SCENARIOS)
def test_on_a_real_cluster(reports, name):
    assert not reports[name], reports[name]
