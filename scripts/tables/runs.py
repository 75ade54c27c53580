"""Rows of a table as sweeps of `ganlab train -m`, and their scores."""

import csv
import json
import re
import statistics
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

TRAIN, EVALUATE = ([sys.executable, "-m", f"ganlab.{command}"] for command in ("train", "evaluate"))


def folder(runs: Path, row: str) -> Path:
    """Return the directory of a row's sweep."""
    return runs / re.sub(r"[^a-z0-9]+", "_", row.lower()).strip("_")


def train(directory: Path, words: list[str], seeds: list[int], metrics: list[str]) -> None:
    """Train what is left of a row, then score it by `metrics` on the report split; raises CalledProcessError."""
    seed = f"seed=choice({','.join(map(str, seeds))})"  # a sweep, of one seed too
    subprocess.run([*TRAIN, "-m", "--retry-failed", *words, seed, f"hydra.sweep.dir={directory}"], check=True)
    for run in finished(directory):
        if not (run / "evaluations" / "standard.json").exists():
            choice = f"metric=[{','.join(metrics)}]"
            subprocess.run([*EVALUATE, f"run={run}", choice], check=True, stdout=subprocess.DEVNULL)


def finished(directory: Path, seeds: list[int] | None = None) -> list[Path]:
    """Return the run directories below a sweep's whose training ended well, of these seeds where they are given."""
    runs = [path.parent for path in sorted(directory.glob("*/status.json")) if _json(path)["state"] == "finished"]
    return [run for run in runs if seeds is None or _seed(run) in seeds]


def score(run: Path, key: str) -> float | None:
    """Return one number of a run: NAME on the report split, NAME@1/3 training's own at a share of it, or seconds."""
    name, _, share = key.partition("@")
    if share:
        return _on_the_way(run, name, float(Fraction(share)))
    if name == "seconds":
        return _json(run / "status.json")["samples"] / _pace(run)
    reported = run / "evaluations" / "standard.json"
    return _json(reported)["scores"].get(name) if reported.exists() else None


def _on_the_way(run: Path, name: str, share: float) -> float | None:
    until = share * _json(run / "status.json")["iterations"] * (1 + 1e-6)
    values = [
        (int(row["step"]), float(row[f"score/{name}"]))
        for row in _metrics(run)
        if row.get(f"score/{name}") not in (None, "")
    ]
    return next((value for step, value in reversed(values) if step <= until), None)


def _pace(run: Path) -> float:
    return statistics.median(float(row["samples_per_second"]) for row in _metrics(run) if row["samples_per_second"])


def _metrics(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _seed(run: Path) -> int | None:
    found = re.search(r"^seed: (\d+)$", (run / "config.yaml").read_text(), re.MULTILINE)
    return int(found[1]) if found else None


def _json(path: Path) -> dict:
    return json.loads(path.read_text())
