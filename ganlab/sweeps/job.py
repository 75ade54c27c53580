"""One job of a sweep, and what its run directory tells of it: what every launcher starts and every view reads."""

from dataclasses import dataclass
from pathlib import Path

from ganlab.run_directory import RunDirectory


@dataclass(frozen=True)
class Job:
    """A training command: the settings of one point of a sweep, and the run directory that is its own for ever."""

    number: int
    overrides: tuple[str, ...]
    directory: Path

    @property
    def arguments(self) -> list[str]:
        """What `ganlab train` is given; a directory that is already there is continued, or found finished."""
        return [*self.overrides, f"run_dir='{self.directory}'"]


@dataclass(frozen=True)
class Outcome:
    """Where a job is: `state` is status.json's (running, finished, failed, preempted), or "waiting" before it."""

    state: str
    step: int = 0
    iterations: int = 0
    objective: float | None = None
    reason: str = ""

    @classmethod
    def of(cls, directory: Path) -> "Outcome":
        """Read it from a run directory."""
        status = RunDirectory(directory).status()
        return cls(
            state=status.get("state", "waiting"),
            step=status.get("step", 0),
            iterations=status.get("iterations", 0),
            objective=status.get("objective"),
            reason=status.get("reason", ""),
        )
