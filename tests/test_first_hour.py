"""The first hour with README alone, in a shell: train, kill, resume, compare, plot, sample, and a loss of one's own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = (Path(__file__).parents[1] / "README.md").read_text()
FILE = re.compile(r"```(?:python|yaml)\n# ((?:my_gan|conf)/\S+)\n(.*?)```", re.DOTALL)
# The default experiment as README starts it, but shorter.
SHORT = "protocol=fast protocol.samples=200 checkpoint_every=20 evaluate_every=0 sample_every=0"
LIMIT_SECONDS = 120

pytestmark = pytest.mark.slow


class Shell:
    """Runs command lines in a folder, as a terminal does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.environment |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}

    def start(self, line: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.environment, **pipes)

    def run(self, line: str) -> str:
        """Return what a command wrote; it must succeed."""
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout + done.stderr


def status(run: Path) -> dict:
    path = run / "status.json"
    return json.loads(path.read_text()) if path.exists() else {}


def kill_after_a_checkpoint(process: subprocess.Popen[str], runs: Path) -> Path:
    """Kill a run without a warning once it has saved a checkpoint, and return its directory."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (saved := list(runs.glob("*/checkpoints/last.ckpt"))):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no checkpoint was written"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return saved[0].parents[1]


def test_the_first_hour(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    first = kill_after_a_checkpoint(shell.start(f"ganlab train iterations=100000 {SHORT}"), tmp_path / "outputs/digits")
    step = status(first)["step"]

    listed = shell.run("ganlab ls")
    (line,) = re.findall(r"ganlab resume \S+", listed)
    resumed = shell.run(f"{line} iterations={step + 40}")
    assert re.search(rf"continuing from step \d+ of {step + 40} in outputs/digits", resumed)
    assert status(first)["state"] == "finished"
    assert status(first)["step"] == step + 40

    for loss in ("hinge", "non_saturating"):
        shell.run(f"ganlab train -m loss={loss} seed=0,1 iterations=40 {SHORT} hydra.sweep.dir={loss}")
    table = shell.run("ganlab compare hinge non_saturating scores=fid,inception_score")
    assert re.search(r"loss=Hinge +2 +[\d.]+", table)
    assert re.search(r"loss=NonSaturating +2 +[\d.]+", table)
    assert "real samples in place of generated ones: fid" in table

    shell.run("ganlab plot hinge non_saturating kind=curves metric=fid output=fid.svg")
    assert (tmp_path / "fid.svg").read_text().startswith("<?xml")

    shell.run(f"ganlab sample run={first} n=64 seed=1")
    assert np.load(first / "generated" / "samples.npy").shape == (64, 1, 8, 8)
    assert len(list((first / "generated" / "images").glob("*.png"))) == 64
    with Image.open(first / "generated" / "sheet.png") as sheet:
        assert sheet.width > 200
    scored = shell.run(f"ganlab evaluate run={first} protocol=fast protocol.samples=200")
    assert "fid" in scored

    for name, text in FILE.findall(README):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (own,) = re.findall(r"^ {4}(GANLAB_ALLOW=my_gan ganlab train .*)$", README, re.MULTILINE)
    shell.run(f"{own} iterations=40 evaluate_every=0 run_dir=own 'metric=[]'")
    assert status(tmp_path / "own")["state"] == "finished"


def test_every_command_of_the_first_hour_is_in_readme() -> None:
    for command in ("train", "resume", "ls", "compare", "plot", "sample", "evaluate", "describe", "prune", "doctor"):
        assert f"ganlab {command}" in README, command
