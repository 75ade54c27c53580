"""Writes thousands of finished runs: copies of a few runs of one step with other seeds, learning rates and scores.

The copies have the files that `ganlab compare` and `ganlab sweep` read.
"""

import json
import random
import re
import subprocess
from pathlib import Path

OBJECTIVE, HIGHER_IS_BETTER = "reverse_kl", False
SHORT = ["experiment=ring", "iterations=1", "sample_every=0", "protocol.samples=500"]
TEMPLATES = {"hinge": ["loss=hinge"], "wasserstein": ["loss=wasserstein"], "unregularized": ["regularizer=[]"]}
SEEDS = 5  # of each configuration
LEARNING_RATES = (1e-5, 1e-1)  # configurations have rates between these


def train_templates(python: str, folder: Path) -> list[Path]:
    """Train a run of one step for each template with another build's Python, and return their directories."""
    for name, words in TEMPLATES.items():
        command = [python, "-m", "ganlab", "train", *SHORT, *words, f"run_dir={name}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return [folder / name for name in TEMPLATES]


def write_sweep(templates: list[Path], folder: Path, count: int) -> None:
    """Write `count` runs, numbered as the jobs of a sweep, and its sweep.json as it is before anything is collected."""
    draw = random.Random(0)
    settings = [
        (i % SEEDS, _learning_rate(i // SEEDS, count), templates[i // SEEDS % len(templates)]) for i in range(count)
    ]
    jobs = []
    for i, (seed, rate, template) in enumerate(settings):
        _write_run(template, folder / str(i), seed, rate, draw)
        overrides = [*SHORT, *TEMPLATES[template.name], f"++optimizer.generator.lr={rate}", f"seed={seed}"]
        jobs.append({"number": i, "overrides": overrides})
    swept = ["loss", "regularizer", "optimizer.generator.lr", "seed"]
    _write_json(folder / "sweep.json", {"swept": swept, "objectives": {OBJECTIVE: HIGHER_IS_BETTER}, "jobs": jobs})


def _learning_rate(configuration: int, count: int) -> float:
    low, high = LEARNING_RATES
    return float(f"{low * (high / low) ** (configuration * SEEDS / count):.6g}")


def _write_run(template: Path, directory: Path, seed: int, rate: float, draw: random.Random) -> None:
    for name in ("checkpoints", "samples"):
        (directory / name).mkdir(parents=True)
    text = (template / "config.yaml").read_text()
    for name, value in {"^seed": seed, "^run_dir": directory, r"\blr": rate}.items():
        text = re.sub(f"({name}): .*$", lambda match, value=value: f"{match[1]}: {value}", text, flags=re.MULTILINE)
    (directory / "config.yaml").write_text(text)
    file = json.loads((template / "scores.json").read_text())
    file["scores"] = {name: score + draw.random() for name, score in file["scores"].items()}
    _write_json(directory / "scores.json", file)
    status = json.loads((template / "status.json").read_text())
    _write_json(directory / "status.json", status | {"objective": file["scores"][OBJECTIVE]})


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
