"""Writes the files of runs and sweeps that `ganlab ls` and `ganlab prune` read, without training."""

import json
from pathlib import Path

from ganlab.runs.liveness import now

FILES = {"config.yaml": 100, "metrics.csv": 50, "generator.safetensors": 500, "generator.json": 30, "scores.json": 20}
CHECKPOINTS = {"last.ckpt": 1000, "previous.ckpt": 1000, "best.ckpt": 900}
RUN_BYTES = sum({**FILES, **CHECKPOINTS}.values())  # in addition to those of status.json and best.json


def write_files(path: Path, state: str, best: float | None = 2.5, **status) -> Path:
    """Write a run of 6 steps in a state; `best` is its best FID."""
    (path / "checkpoints").mkdir(parents=True)
    for name, size in FILES.items():
        (path / name).write_bytes(bytes(size))
    for name, size in CHECKPOINTS.items():
        (path / "checkpoints" / name).write_bytes(bytes(size))
    if best is not None:
        (path / "checkpoints" / "best.json").write_text(json.dumps({"score": "fid", "value": best, "step": 4}))
    content = {"state": state, "step": 6, "iterations": 6, "reason": "", **status}
    (path / "status.json").write_text(json.dumps(content))
    return path


def write_running(path: Path, pid: int, host: str, **status) -> Path:
    """Write a run whose process is said to be running."""
    return write_files(path, "running", step=3, pid=pid, host=host, heartbeat=now(), **status)


def write_sweep(path: Path, jobs: int, **content) -> Path:
    """Write the record of a sweep with so many jobs."""
    path.mkdir(parents=True, exist_ok=True)
    entries = [{"number": i, "overrides": [f"seed={i}"], "directory": str(path / str(i))} for i in range(jobs)]
    (path / "sweep.json").write_text(json.dumps({"jobs": entries, "objectives": {"fid": False}, **content}))
    return path


def bytes_below(path: Path) -> int:
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir() or file.is_symlink())
