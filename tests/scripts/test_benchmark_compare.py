"""The benchmark of tables writes runs that ganlab reads, and reports every case; the times depend on the machine."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from support.run_files import write_run

from ganlab.analysis.comparison import compare
from ganlab.commands.sweep import main as sweep

PROGRAMS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def run(*arguments):
    return subprocess.run([sys.executable, str(PROGRAMS / "compare.py"), *arguments], capture_output=True, text=True)


@pytest.fixture
def many_runs(monkeypatch):
    monkeypatch.syspath_prepend(PROGRAMS)
    return import_module("many_runs")


@pytest.fixture
def templates(many_runs, tmp_path):
    """Return runs like those that the benchmark trains."""
    directories = [tmp_path / "templates" / name for name in many_runs.TEMPLATES]
    for directory, words in zip(directories, many_runs.TEMPLATES.values(), strict=True):
        write_run(directory, {many_runs.OBJECTIVE: 1.0, "fid": 2.0}, *words)
    return directories


def test_the_copies_are_different_runs(many_runs, templates, tmp_path, capsys):
    folder = tmp_path / "sweep"
    many_runs.write_sweep(templates, folder, 4 * many_runs.SEEDS)
    (table,) = compare(folder).tables
    assert [row.n for row in table.rows] == [many_runs.SEEDS] * 4
    assert len({row.label for row in table.rows}) == 4
    assert len({value.value for row in table.rows for value in row.cells["fid"].values}) == 4 * many_runs.SEEDS
    assert sweep(["status", str(folder)]) == 0
    assert sweep(["collect", str(folder)]) == 0
    assert f"best by {many_runs.OBJECTIVE} (lower is better): " in capsys.readouterr().out


def test_results_are_forgotten_before_they_are_collected_again(many_runs, templates, tmp_path):
    folder = tmp_path / "sweep"
    many_runs.write_sweep(templates, folder, 4 * many_runs.SEEDS)
    content = (folder / "sweep.json").read_bytes()
    (folder / "uncollected.json").write_bytes(content)
    sweep(["collect", str(folder)])
    assert list(folder.glob("*.png"))
    import_module("compare").forget_results(folder)
    assert not list(folder.glob("*.png"))
    assert (folder / "sweep.json").read_bytes() == content


@pytest.mark.parametrize(("option", "minimum"), [("--runs", 10), ("--turns", 1)])
def test_a_number_that_is_too_small_is_rejected(many_runs, option, minimum, capsys):
    with pytest.raises(SystemExit) as error:
        import_module("compare").main([option, "0"])
    assert error.value.code == 2
    assert f"{option} must be at least {minimum}, got 0" in capsys.readouterr().err


@pytest.mark.slow
def test_reports_every_case(tmp_path):
    file = tmp_path / "result.json"
    done = run("--runs", "20", "--turns", "1", "--json", file)
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    cases = ["compare", "status", "first collect", "collect"]
    assert list(result["costs"]) == [*(f"{name}, new" for name in cases), "ten times"]
    assert all(cost["cpu"] > 0 for costs in result["costs"].values() for cost in costs)
    assert list(result["ratios"]) == ["ten times"]
    assert "200 runs take" in done.stdout


@pytest.mark.slow
def test_another_build_is_compared(tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    file = tmp_path / "result.json"
    done = run("--runs", "10", "--turns", "1", "--base", tmp_path, "--json", file)
    assert done.returncode == 0, done.stderr
    ratios = json.loads(file.read_text())["ratios"]
    assert list(ratios) == ["compare", "former runs", "status", "first collect", "collect", "ten times"]
    assert all(ratio["least"] <= ratio["median"] <= ratio["most"] for ratio in ratios.values())
