"""The benchmarks of whole commands: ratios are those within a turn, and every side and target is printed."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[2] / "scripts" / "benchmarks"


@pytest.fixture
def paired(monkeypatch):
    monkeypatch.syspath_prepend(PROGRAMS)
    return import_module("paired")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(PROGRAMS / program), *arguments]
    return subprocess.run(line, capture_output=True, text=True)


def test_a_ratio_is_the_median_of_the_ratios_within_turns(paired):
    costs = {"new": [paired.Cost(1, 2), paired.Cost(8, 8)], "old": [paired.Cost(2, 8), paired.Cost(4, 4)]}
    assert paired.ratio(costs, "new", "old") == paired.Ratio(0.25, 1.125, 2.0)
    assert paired.ratio(costs, "new", "old", "wall") == paired.Ratio(0.5, 1.25, 2.0)
    assert str(paired.ratio(costs, "new", "old")) == "1.12 (0.25 to 2.00)"


def test_every_other_turn_runs_backwards(paired, capsys):
    order = []
    sides = {name: (lambda name=name: order.append(name) or paired.Cost(1, 1)) for name in "abc"}
    costs = paired.run_in_turns(sides, 3)
    assert "".join(order) == "abccbaabc"
    assert {name: len(values) for name, values in costs.items()} == {"a": 3, "b": 3, "c": 3}


def test_the_cost_counts_the_processors_of_the_command_and_its_children(paired, tmp_path):
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])"
    with_child = paired.run_timed([sys.executable, "-c", program], tmp_path)
    without = paired.run_timed([sys.executable, "-c", "import subprocess"], tmp_path)
    assert with_child.cpu > without.cpu


def test_a_command_that_fails_ends_the_benchmark_with_its_errors(paired, tmp_path):
    with pytest.raises(SystemExit, match="ended with 3:\nbroken"):
        paired.run_timed([sys.executable, "-c", "import sys; print('broken', file=sys.stderr); sys.exit(3)"], tmp_path)


def test_a_base_without_environment_is_refused(paired, tmp_path):
    with pytest.raises(SystemExit, match=r"--base: .* does not exist; run scripts/benchmark --help in "):
        paired.python_of(tmp_path)


@pytest.mark.parametrize(("program", "option", "minimum"), [("startup", "turns", 1), ("sweep", "jobs", 2)])
def test_a_number_that_is_too_small_is_rejected(program, option, minimum):
    done = run(f"{program}.py", f"--{option}", "0")
    assert done.returncode == 2
    assert f"--{option} must be at least {minimum}, got 0" in done.stderr


@pytest.mark.slow
def test_startup_prints_every_side_and_target(tmp_path):
    file = tmp_path / "startup.json"
    done = run("startup.py", "--turns", "1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert list(result["costs"]) == ["torch", "lightning", "step", "scored"]
    assert all(cost["cpu"] > 0 for costs in result["costs"].values() for cost in costs)
    assert list(result["ratios"]) == ["step/torch", "step/lightning", "scored/torch"]
    assert [line.split()[-1] for line in done.stdout.splitlines() if "≤" in line] == ["2.3", "0.8", "2.9"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_sweep_prints_time_and_memory_of_both_ways(tmp_path):
    file = tmp_path / "sweep.json"
    done = run("sweep.py", "--turns", "1", "--jobs", "2", "--iterations", "1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert list(result["costs"]) == ["forked", "fresh"]
    for memory in result["memory"].values():
        assert 0 < memory["private"] <= memory["total"]
    assert "forked / fresh: seconds" in done.stdout
