"""A run's directory: its files, each of which is valid at every moment."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replace_text
from ganlab.runs.json_files import read_json_if_valid, write_json
from ganlab.runs.liveness import is_alive, now

if TYPE_CHECKING:
    from omegaconf import DictConfig  # imported when used, because it takes 50 ms, which states and scores do not need

CONFIG, STATUS = "config.yaml", "status.json"  # one of them is in the directory of every run
SWEEP_FILE = "sweep.json"  # in the directory of a sweep, above those of its runs
COUNTS = ("step", "samples", "iterations")  # in a status
INITIAL_WEIGHTS = "init_from"  # in a status and in score files: the run whose weights the networks started from
MAX_NAMED_SETTINGS = 5  # in a message


class RunDirectory:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def config(self) -> Path:
        """The composed configuration."""
        return self.path / CONFIG

    def exists(self) -> bool:
        """Return whether there is a run: a directory with its configuration."""
        return self.config.is_file()

    @property
    def checkpoint(self) -> Path:
        """The latest checkpoint."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def sweep(self) -> str | None:
        """The name of the sweep to which the run belongs, None if there is none."""
        folder = self.path.resolve().parent
        return folder.name if (folder / SWEEP_FILE).is_file() else None

    def status(self) -> dict[str, Any]:
        """Return the last written status, empty if there is none yet or the file is damaged."""
        status = read_json_if_valid(self.path / STATUS)
        return {name: value for name, value in status.items() if name not in COUNTS or type(value) is int}

    def state(self) -> str:
        """Return the status's state, "waiting" if there is no status, or "lost" if a running process is gone.

        A process is gone if its heartbeat is older than LOST_SECONDS or, if it ran on this machine, its pid is unused.
        """
        return state_of(self.status())

    def write_status(self, state: str, **more: Any) -> None:
        """Write status.json, keeping what earlier calls wrote."""
        time, process = now(), {"pid": os.getpid(), "host": os.uname().nodename}
        with _writing:
            status = self.status() | {"state": state, "time": time, "heartbeat": time, **process, **more}
            _write_status(self.path, status)

    def trained_on_other_data(self, fingerprint: str) -> bool:
        """Return whether the status has another fingerprint of the data; False if it has none."""
        return bool(self.status().get("data", fingerprint) != fingerprint)

    def initial_weights(self) -> dict[str, Any]:
        """Return what the run has recorded of the weights that it started from, empty if they were random."""
        weights = self.status().get(INITIAL_WEIGHTS)
        return {INITIAL_WEIGHTS: weights} if isinstance(weights, dict) else {}

    def renew_heartbeat(self) -> None:
        """Renew the heartbeat if the run's state is running."""
        with _writing:
            status = self.status()
            if status.get("state") == "running":
                _write_status(self.path, status | {"heartbeat": now()})

    def scores(self) -> dict[str, float]:
        """Return the last scores written, empty if there are none."""
        scores = read_json_if_valid(self.path / "scores.json").get("scores", {})
        return scores if isinstance(scores, dict) else {}

    def check_config(self, config: "DictConfig") -> None:
        """Raise UserError if the directory has a run with other settings that has started training.

        Also if the run is to train further, and its checkpoints were removed.
        """
        status = self.status()
        if status.get("freed") and config.iterations > status.get("step", 0) and not self._has_checkpoint():
            raise UserError(
                f"{self.path} has finished and ganlab prune has removed its checkpoints, so it cannot be trained "
                "further; choose another run_dir"
            )
        if not (self.config.exists() and self._has_started()):
            return
        from ganlab.runs.resume_compatibility import find_changes

        former = self.read_config("remove it to resume with the present settings")
        # If the status has the data's fingerprint, that detects whether moved data are the same.
        changes = find_changes(former, config, data_may_move="data" in self.status())
        if changes:
            raise UserError(
                f"{self.path} holds a run with other settings ({'; '.join(changes[:MAX_NAMED_SETTINGS])}); choose "
                "another run_dir, or the settings it was started with"
            )

    def read_config(self, advice: str) -> Any:
        """Return the content of config.yaml; raises UserError, which ends with `advice`, if it has no settings."""
        from omegaconf import DictConfig, OmegaConf
        from yaml import YAMLError

        from ganlab.runs.saved_config import read_config

        try:
            config: Any = OmegaConf.create(read_config(self.config))
        except (OSError, ValueError, YAMLError) as error:
            config = (str(error).splitlines() or [type(error).__name__])[0]
        if not (isinstance(config, DictConfig) and config):
            reason = config or "it is empty"
            raise UserError(f"{self.config} cannot be read ({reason}); {advice}")
        return config

    def write_config(self, config: "DictConfig") -> None:
        """Write config.yaml."""
        from omegaconf import OmegaConf

        text = OmegaConf.to_yaml(config, resolve=True)
        try:
            replace_text(self.config, text)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _has_checkpoint(self) -> bool:
        return any(self.checkpoint.with_name(name).exists() for name in ("last.ckpt", "previous.ckpt"))

    def _has_started(self) -> bool:
        return (self.path / "metrics.csv").exists() or any((self.path / "checkpoints").glob("*.ckpt"))


def state_of(status: Mapping[str, Any]) -> str:
    """Return the state that a status means at present, as `RunDirectory.state` does."""
    state = str(status.get("state", "waiting"))
    return "lost" if state == "running" and not is_alive(status) else state


def new_directory(name: str) -> Path:
    """Create a new directory under outputs/ and return it."""
    base = Path("outputs") / name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for path in [base, *(base.with_name(f"{base.name}-{i}") for i in range(2, 1000))]:
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            continue
        except OSError as error:
            raise unwritable(path, error) from error
    raise UserError(f"there is no free directory next to {base}; choose one with run_dir=DIR")


def unwritable(directory: Path, error: OSError) -> UserError:
    """Return the error for a run directory that cannot be written."""
    return UserError(f"run_dir={directory} cannot be written ({error.strerror or error}); choose another run_dir")


_writing = threading.Lock()  # the heartbeat's thread and the training thread both update status.json


def _write_status(directory: Path, status: dict[str, Any]) -> None:
    path = directory / STATUS
    try:
        write_json(path, status)
    except OSError:
        # A full disk has no space for a second file, but the first can be overwritten.
        with path.open("r+") as file:
            file.write(json.dumps(status) + "\n")
            file.truncate()
