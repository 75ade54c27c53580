"""Lets a timed process take turns with others: it runs the requested steps, reports their time, and waits."""

import json
import resource
import sys
import time
from pathlib import Path

import torch


class Turns:
    """Blocks of steps on command: reads a number of steps from stdin, and writes a line of JSON to stdout after them.

    The first block is one step, without a command. The end of stdin ends the process.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._begin(1)

    def count_step(self) -> None:
        """Count a step; after the last one of a block, report its time and wait for the next command."""
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
    """Return the peak memory of the device, or of this process on the CPU, in MiB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would include the memory of the parent before this program was loaded
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes
