"""A run's directory: what it holds, and how it is written so that it is true at every moment."""

import json
import os
import socket
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from ganlab.core.errors import UserError
from ganlab.core.renamed import current_config
from ganlab.runs.liveness import is_alive, now
from ganlab.runs.resume_compatibility import changes

SWEEP_FILE = "sweep.json"  # in the directory of a sweep, above those of its runs
SHOWN = 5  # settings that a message names


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

    @property
    def sweep(self) -> str | None:
        """The name of the sweep that the run is a job of."""
        folder = self.path.resolve().parent
        return folder.name if (folder / SWEEP_FILE).is_file() else None

    def status(self) -> dict[str, Any]:
        """Return the last written status, empty before the first or where the file is damaged."""
        return _read(self.path / "status.json")

    def state(self) -> str:
        """Return "waiting" before a status, "lost" where it says running and its process is gone, else what it says.

        A process is gone when there is none of its number on this machine, if that is where it ran, or when its
        heartbeat is older than LOST_SECONDS.
        """
        status = self.status()
        state = str(status.get("state", "waiting"))
        return "lost" if state == "running" and not is_alive(status) else state

    def write_status(self, state: str, **more: Any) -> None:
        """Write status.json, keeping what earlier calls wrote."""
        time, me = now(), {"pid": os.getpid(), "host": socket.gethostname()}
        with _writing:
            _write_status(self.path, self.status() | {"state": state, "time": time, "heartbeat": time, **me, **more})

    def has_seen_other(self, fingerprint: str) -> bool:
        """Tell whether the run was trained on data of another fingerprint; nobody knows of runs without one."""
        return bool(self.status().get("data", fingerprint) != fingerprint)

    def beat(self) -> None:
        """Renew the heartbeat of a run that is running."""
        with _writing:
            status = self.status()
            if status.get("state") == "running":
                _write_status(self.path, status | {"heartbeat": now()})

    def scores(self) -> dict[str, float]:
        """Return the last scores written, empty without."""
        scores: dict[str, float] = _read(self.path / "scores.json").get("scores", {})
        return scores

    def check_config(self, config: DictConfig) -> None:
        """Raise UserError where the directory belongs to a run of other settings, which has begun to train."""
        if not (self.config.exists() and self._has_begun()):
            return
        # By the data's fingerprint is found out whether what has moved is the same.
        found = changes(
            self.read_config("remove it to go on with the settings given now"),
            config,
            data_may_move="data" in self.status(),
        )
        if found:
            raise UserError(
                f"{self.path} holds a run with other settings ({'; '.join(found[:SHOWN])}); choose another run_dir, "
                "or the settings it was started with"
            )

    def read_config(self, advice: str) -> Any:
        """Return what config.yaml holds; raises UserError, which ends in the advice, where it holds no settings."""
        try:
            config: Any = OmegaConf.create(current_config(OmegaConf.to_container(OmegaConf.load(self.config))))
        except (OSError, ValueError, YAMLError) as error:
            config = (str(error).splitlines() or [type(error).__name__])[0]
        if not (isinstance(config, DictConfig) and config):
            reason = config or "it is empty"
            raise UserError(f"{self.config} cannot be read ({reason}); {advice}")
        return config

    def write_config(self, config: DictConfig) -> None:
        """Write config.yaml."""
        text = OmegaConf.to_yaml(config, resolve=True)
        scratch = self.config.with_suffix(".tmp")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            scratch.write_text(text)
            os.replace(scratch, self.config)
        except OSError as error:
            _remove(scratch)
            raise unwritable(self.path, error) from error

    def _has_begun(self) -> bool:
        return (self.path / "metrics.csv").exists() or any((self.path / "checkpoints").glob("*.ckpt"))


def new_directory(name: str) -> Path:
    """Return a directory under outputs/ that nobody has, and make it."""
    base = Path("outputs") / name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for path in [base, *(base.with_name(f"{base.name}-{i}") for i in range(2, 1000))]:
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            continue
        except OSError as error:
            raise unwritable(path, error) from error
    raise UserError(f"no free directory beside {base}; give one with run_dir=DIR")


def unwritable(directory: Path, error: OSError) -> UserError:
    """Say that a run directory cannot be written."""
    return UserError(f"run_dir={directory} cannot be written ({error.strerror or error}); choose another run_dir")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(value, indent=2) + "\n")
    os.replace(scratch, path)


_writing = threading.Lock()  # the heartbeat's thread reads, changes and writes what training writes


def _write_status(directory: Path, status: dict[str, Any]) -> None:
    path = directory / "status.json"
    try:
        write_json(path, status)
    except OSError:
        # A full disk has no room for a second file, but for other words in the blocks of the first.
        _remove(path.with_suffix(".tmp"))
        with path.open("r+") as file:
            file.write(json.dumps(status) + "\n")
            file.truncate()


def _remove(scratch: Path) -> None:
    with suppress(OSError):
        scratch.unlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
