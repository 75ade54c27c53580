"""The benchmark runs and tells what it promises to; how fast anything is depends on the machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[1] / "scripts" / "benchmarks"


def run(program, *arguments):
    return subprocess.run([sys.executable, str(PROGRAMS / program), *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_reports_every_side_of_a_case(tmp_path):
    file = tmp_path / "result.json"
    done = run(
        "compare.py",
        "--cases",
        "mlp",
        "--blocks",
        "2",
        "--steps",
        "3",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--json",
        file,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["device"] == "cpu" and result["precision"] == "32-true" and result["help_seconds"] > 0
    sides = result["cases"]["mlp"]
    assert list(sides) == ["loop", "ganlab", "ema", "lean"]
    for numbers in sides.values():
        least, middle, most = numbers["paired"]
        assert 0 < least <= middle <= most
        assert numbers["threads"] == 1
        assert all(
            numbers[name] > 0
            for name in ("ms_per_step", "ratio", "cpu_ratio", "peak_mib", "memory_ratio", "first_step_seconds")
        )
    assert sides["loop"]["ratio"] == sides["loop"]["memory_ratio"] == 1
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.startswith("mlp")] == [
        ["mlp", side] for side in sides
    ]


@pytest.mark.parametrize(
    ("program", "option", "least"),
    [
        ("compare.py", "--blocks", 1),
        ("compare.py", "--steps", 1),
        ("compare.py", "--threads", 1),
        ("fid.py", "--images", 2),
        ("fid.py", "--turns", 1),
    ],
)
def test_refuses_to_measure_nothing(program, option, least):
    done = run(program, option, "0")
    assert done.returncode == 2
    assert f"{option} must be at least {least}, got 0" in done.stderr
