"""The benchmark of opening folders runs and reports all numbers; the times themselves depend on the machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts" / "benchmarks" / "folder.py"


def run(*arguments):
    return subprocess.run([sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_reports_both_openings_and_the_memory_of_workers(tmp_path):
    file = tmp_path / "result.json"
    done = run("--files", "100", "--turns", "1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert (result["files"], result["target"]) == (100, 0.1)
    numbers = result["builds"]["ganlab"]
    for place in ("memory", "disk"):
        assert 0 < numbers[place]["least"] <= numbers[place]["ratio"] <= numbers[place]["most"] < 1
        assert numbers[place]["first_peak_mib"] > 0
    if Path("/proc/self/smaps").exists():
        for process in ("main_mib", "worker_mib"):
            assert 0 < numbers[process]["private"] <= numbers[process]["pss"]
    assert "target for second/first: at most 0.1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--files", "99"], "--files must be at least 100, got 99"),
        (["--turns", "0"], "--turns must be at least 1, got 0"),
        (["--base", "nowhere"], "--base must be a folder with ganlab and its .venv/bin/python, got nowhere"),
    ],
)
def test_arguments_are_checked(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
