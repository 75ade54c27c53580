"""With `keep_freed_memory`, repeating a step needs no memory pages from the system."""

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, sys
import torch
from ganlab.engine.device import keep_freed_memory

def step():
    tensors = [torch.ones(8, 1 << 20) for _ in range(4)]  # 32 MiB each, all freed at the end

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(8):  # until the heap has free blocks for all of them
    step()
before = faults()
for _ in range(5):
    step()
print(faults() - before)
"""


def faults(mode):
    command = [sys.executable, "-c", STEPS, mode]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such setting")
@pytest.mark.slow
def test_repeating_a_step_requests_no_pages():
    pages = 5 * 4 * 32 * 2**20 // 4096
    assert faults("keep") < pages / 100


def test_another_c_library_is_not_changed(monkeypatch):
    from ganlab.engine import device

    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: object())
    device.keep_freed_memory()
