"""Trains a row of a table as a sweep of `ganlab train -m`, and reads its scores."""

import csv
import json
import re
import statistics
import subprocess
import sys
from fractions import Fraction
from importlib import import_module
from pathlib import Path

CHECKS = "checks.json"
TRAIN, EVALUATE = ([sys.executable, "-m", f"ganlab.commands.{command}"] for command in ("train", "evaluate"))


def sweep_directory(runs: Path, row: str) -> Path:
    """Return the directory of a row's sweep."""
    return runs / re.sub(r"[^a-z0-9]+", "_", row.lower()).strip("_")


def train(directory: Path, words: list[str], seeds: list[int], metrics: list[str], protocol: list[str]) -> None:
    """Train the unfinished runs of a row and score them by `metrics` on the report split.

    `RUNS` in a word is the folder of the table's rows. `protocol` has overrides of the standard protocol. Raises
    CalledProcessError if a command fails.
    """
    words = [word.replace("RUNS", str(directory.parent)) for word in words]
    seed = f"seed=choice({','.join(map(str, seeds))})"  # a sweep even for a single seed
    subprocess.run([*TRAIN, "-m", "--retry-failed", *words, seed, f"hydra.sweep.dir={directory}"], check=True)
    for run in finished_runs(directory):
        if not (run / "evaluations" / "standard.json").exists():
            choice = f"metric=[{','.join(metrics)}]"
            subprocess.run([*EVALUATE, f"run={run}", choice, *protocol], check=True, stdout=subprocess.DEVNULL)


def check_runs(directory: Path, checks: str) -> None:
    """Write the results of the independent checks of each finished run that has none yet; `checks` names their module.

    A module has a function `check_run`, which returns numbers by name.
    """
    for run in finished_runs(directory):
        if not (run / CHECKS).exists():
            results = import_module(checks).check_run(run)
            (run / CHECKS).write_text(json.dumps(results, indent=2) + "\n")


def finished_runs(directory: Path, seeds: list[int] | None = None) -> list[Path]:
    """Return the directories of a sweep's finished runs; `seeds` limits them to runs with these seeds."""
    runs = [path.parent for path in sorted(directory.glob("*/status.json")) if _read_json(path)["state"] == "finished"]
    return [run for run in runs if seeds is None or _seed(run) in seeds]


def score(run: Path, key: str) -> float | None:
    """Return a number of a run.

    It is NAME on the report split, NAME@1/3 during training at a share of it, "checks.NAME", or "seconds".
    """
    if key.startswith("checks."):
        return _read_json(run / CHECKS).get(key.removeprefix("checks.")) if (run / CHECKS).exists() else None
    name, _, share = key.partition("@")
    if share:
        return _score_in_training(run, name, float(Fraction(share)))
    if name == "seconds":
        return _read_json(run / "status.json")["samples"] / _samples_per_second(run)
    report = run / "evaluations" / "standard.json"
    return _read_json(report)["scores"].get(name) if report.exists() else None


def floor(run: Path, key: str) -> float | None:
    """Return a score of real samples in place of generated ones, on the report split."""
    report = run / "evaluations" / "standard.json"
    return _read_json(report).get("floor", {}).get(key) if report.exists() else None


def baselines(run: Path) -> dict[str, dict[str, float]]:
    """Return the scores of the data's baselines by name, on the report split."""
    report = run / "evaluations" / "standard.json"
    return _read_json(report).get("baselines", {}) if report.exists() else {}


def _score_in_training(run: Path, name: str, share: float) -> float | None:
    """Return the last score up to a share of the training."""
    last_step = share * _read_json(run / "status.json")["iterations"] * (1 + 1e-6)
    values = [
        (int(row["step"]), float(row[f"score/{name}"]))
        for row in _read_metrics(run)
        if row.get(f"score/{name}") not in (None, "")
    ]
    return next((value for step, value in reversed(values) if step <= last_step), None)


def _samples_per_second(run: Path) -> float:
    rows = _read_metrics(run)
    return statistics.median(float(row["samples_per_second"]) for row in rows if row["samples_per_second"])


def _read_metrics(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _seed(run: Path) -> int | None:
    match = re.search(r"^seed: (\d+)$", (run / "config.yaml").read_text(), re.MULTILINE)
    return int(match[1]) if match else None


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text())
