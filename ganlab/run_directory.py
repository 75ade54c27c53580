"""A run's directory: what it holds, and how it is written so that it is true at every moment."""

import json
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ganlab.errors import UserError

# Settings that may change between a run and its continuation: they do not touch what is being trained.
FREE = {
    "iterations", "run_dir", "data_root", "log_every", "sample_every", "evaluate_every", "checkpoint_every", "workers",
    "callback", "logger", "trainer", "metric", "features", "protocol", "optimized_metric", "name",
}  # fmt: skip


class RunDirectory:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def config(self) -> Path:
        """The composed configuration."""
        return self.path / "config.yaml"

    @property
    def checkpoint(self) -> Path:
        """The latest checkpoint."""
        return self.path / "checkpoints" / "last.ckpt"

    def status(self) -> dict[str, Any]:
        """Return the last written status, empty before the first."""
        file = self.path / "status.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def write_status(self, state: str, **more: Any) -> None:
        """Write status.json, keeping what earlier calls wrote."""
        write_json(self.path / "status.json", self.status() | {"state": state, "time": _now(), **more})

    def scores(self) -> dict[str, float]:
        """Return the last scores written, empty without."""
        file = self.path / "scores.json"
        scores: dict[str, float] = json.loads(file.read_text())["scores"] if file.exists() else {}
        return scores

    def write_config(self, config: DictConfig) -> None:
        """Write config.yaml; raises UserError where the directory belongs to a run of other settings."""
        if self.config.exists():
            differences = _differences(OmegaConf.load(self.config), config)
            if differences:
                raise UserError(
                    f"{self.path} holds a run with other settings ({'; '.join(differences)}); choose another run_dir, "
                    "or the settings it was started with"
                )
        text = OmegaConf.to_yaml(config, resolve=True)
        scratch = self.config.with_suffix(".tmp")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            scratch.write_text(text)
            os.replace(scratch, self.config)
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"run_dir={self.path} cannot be written ({reason}); choose another run_dir") from error


def new_directory(name: str) -> Path:
    """Return a directory under outputs/ that nobody has, and make it."""
    base = Path("outputs") / name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for path in [base, *(base.with_name(f"{base.name}-{i}") for i in range(2, 1000))]:
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            continue
    raise UserError(f"no free directory beside {base}; give one with run_dir=DIR")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(value, indent=2) + "\n")
    os.replace(scratch, path)


def _now() -> str:
    return datetime.fromtimestamp(time.time()).isoformat(timespec="seconds")


def _differences(old: Any, new: DictConfig) -> list[str]:
    before, after = _flat(OmegaConf.to_container(old)), _flat(OmegaConf.to_container(new, resolve=True))
    keys = [key for key in {**before, **after} if key.split(".")[0] not in FREE]
    gone = object()
    return [
        f"{key} was {before.get(key, 'absent')}, now {after.get(key, 'absent')}"
        for key in keys
        if before.get(key, gone) != after.get(key, gone) and not key.startswith("game.")
    ][:5]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{path}.{key}".lstrip(".")).items()}
    return {path: value}
