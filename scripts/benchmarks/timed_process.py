"""Processes that train blocks of steps on command, so that several can take turns; see turns.py for their side."""

import json
import os
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch

HERE = Path(__file__).parent


class TimedProcess:
    """A process that trains blocks of steps on command, and their times."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self._log = name, folder / f"{name}.log"
        self.wall: list[float] = []  # milliseconds per step of each timed block
        self.cpu: list[float] = []
        path = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"PYTHONPATH": path, "GANLAB_ALLOW": "pace"}
        started = time.perf_counter()
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._read()
        self.first_step_seconds = time.perf_counter() - started

    def run(self, steps: int) -> None:
        """Run a block of steps and record the time per step."""
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        self._read()
        self.wall.append(1000 * self.report["wall"] / steps)
        self.cpu.append(1000 * self.report["cpu"] / steps)

    def warm_up(self, steps: int) -> None:
        """Run a block of steps that does not count."""
        self.run(steps)
        self.wall.clear()
        self.cpu.clear()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _read(self) -> None:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"'{self.name}' ended before it had run its steps:\n{self._log.read_text()[-2000:]}")
        self.report: dict[str, Any] = json.loads(line)


def choose_device(requested: str) -> str:
    """Return the device to use; "auto" is cuda if there is one."""
    automatic = "cuda" if torch.cuda.is_available() else "cpu"
    return automatic if requested == "auto" else requested


def help_seconds(train: list[str]) -> float:
    """Return the median wall-clock time of `ganlab train --help`."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([*train, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return median(times)
