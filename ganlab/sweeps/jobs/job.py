"""One job of a sweep, and what its run directory tells of it: what every launcher starts and every view reads."""

from dataclasses import dataclass, field
from pathlib import Path

from ganlab.runs.directory import RunDirectory

LOG = "job.log"


@dataclass(frozen=True)
class Job:
    """A training command: the settings of one point of a sweep, and the run directory that is its own for ever."""

    number: int
    overrides: tuple[str, ...]
    directory: Path
    config_dirs: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """What `ganlab train` is given; a directory that is already there is continued, or found finished."""
        folders = [f"--config-dir={each}" for each in self.config_dirs]
        return [*folders, *self.overrides, f"run_dir='{self.directory}'"]

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / LOG


@dataclass(frozen=True)
class Outcome:
    """Where a job is: `state` is status.json's (running, finished, failed, preempted), or "waiting" before it.

    A run whose process is gone is "lost", and one that its sweep gave up is "pruned".
    """

    state: str
    step: int = 0
    iterations: int = 0
    objective: float | None = None
    reason: str = ""
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether the job has nothing left to do, unless a failed one is tried again."""
        return self.state in ("finished", "failed", "pruned")

    @classmethod
    def of(cls, directory: Path) -> "Outcome":
        """Read it from a run directory; the scores are those of a finished run."""
        run = RunDirectory(directory)
        status = run.status()
        state = "pruned" if status.get("pruned") else run.state()
        return cls(
            state=state,
            step=status.get("step", 0),
            iterations=status.get("iterations", 0),
            objective=status.get("objective"),
            reason=status.get("reason", ""),
            scores=run.scores() if state == "finished" else {},
        )


def give_up(job: Job, reason: str) -> None:
    """Mark a job that has ended as pruned, which is never continued."""
    RunDirectory(job.directory).write_status("preempted", pruned=True, reason=reason)


def settle(job: Job, state: str, reason: str) -> None:
    """Write the state of a job whose process is gone and could not say what became of it."""
    RunDirectory(job.directory).write_status(state, reason=reason)
