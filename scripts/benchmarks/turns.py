"""How a measured process takes turns: it makes the steps it is asked for, tells what they took, and waits."""

import json
import resource
import sys
import time
from pathlib import Path

import torch


class Turns:
    """Blocks of steps on command: reads a number of steps from standard input, writes a line of JSON after them.

    The first block is one step that nobody asked for. The end of the input ends the process.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._begin(1)

    def step_is_done(self) -> None:
        """Count a step; after the last of a block, report and wait for the next."""
        self._left -= 1
        if self._left:
            return
        self._synchronize()
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        report = {"wall": wall, "cpu": cpu, "peak_mib": peak_mib(self.device), "threads": torch.get_num_threads()}
        print(json.dumps(report), flush=True)
        command = sys.stdin.readline()
        if not command:
            raise SystemExit
        self._begin(int(command))

    def _begin(self, steps: int) -> None:
        self._left, self._wall, self._cpu = steps, time.perf_counter(), time.process_time()

    def _synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def peak_mib(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's memory too, from before this program was loaded
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes
