"""One job of a sweep and the outcome in its run directory, shared by all launchers and displays."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ganlab.core.shell_lines import setting
from ganlab.runs.directory import RunDirectory, state_of
from ganlab.runs.json_files import read_json_if_valid

LOG = "job.log"


class Job(NamedTuple):
    """A training command: the overrides of one point of a sweep, and the run directory that only this job uses."""

    number: int
    overrides: tuple[str, ...]
    directory: Path
    config_dirs: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The arguments of `ganlab train`; if the run directory exists, they resume it or find it finished."""
        config_dirs = [f"--config-dir={folder}" for folder in self.config_dirs]
        return [*config_dirs, *self.overrides, setting("run_dir", self.directory)]

    @property
    def log(self) -> Path:
        """The file with the job's output."""
        return self.directory / LOG


class Outcome(NamedTuple):
    """The state of a job and its results so far.

    `state` is that of status.json (running, finished, failed, preempted), "waiting" before it exists, "lost" if the
    process is gone but the status says running, or "pruned" if the search stopped the job early.
    """

    state: str
    step: int = 0
    iterations: int = 0
    objective: float | None = None
    reason: str = ""
    scores: Mapping[str, float] = MappingProxyType({})

    @property
    def is_final(self) -> bool:
        """Whether the job has nothing left to do, unless a failed job is retried."""
        return self.state in ("finished", "failed", "pruned")

    @classmethod
    def read(cls, directory: Path, read_json: Callable[[Path], dict[str, Any]] = read_json_if_valid) -> "Outcome":
        """Read the outcome from a run directory; only a finished run has scores.

        `read_json` reads the files: `FileMemory.read` for outcomes that are read again and again.
        """
        status = read_json(directory / "status.json")
        state = "pruned" if status.get("pruned") else state_of(status)
        return cls(
            state=state,
            step=status.get("step", 0),
            iterations=status.get("iterations", 0),
            objective=status.get("objective"),
            reason=status.get("reason", ""),
            scores=read_json(directory / "scores.json").get("scores", {}) if state == "finished" else {},
        )


def mark_pruned(job: Job, reason: str) -> None:
    """Mark a job that has ended as pruned; it is never resumed."""
    RunDirectory(job.directory).write_status("preempted", pruned=True, reason=reason)


def write_state(job: Job, state: str, reason: str) -> None:
    """Write the state of a job whose process is gone and could not write it."""
    RunDirectory(job.directory).write_status(state, reason=reason)
