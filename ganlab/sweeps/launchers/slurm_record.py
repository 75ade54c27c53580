"""What a sweep has handed to SLURM: the ids, kept in its directory, and what became of them."""

import re
from collections.abc import Sequence
from pathlib import Path

from ganlab.analysis.comparison.scores import read_json
from ganlab.core.errors import UserError
from ganlab.runs.directory import write_json
from ganlab.sweeps.jobs.job import Job, Outcome, settle
from ganlab.sweeps.launchers.slurm_queue import GONE, OVER, TAKEN, states

FILE = "slurm.json"
# Seen for a moment in a job that is being requeued, too.
PASSING = TAKEN - {"CANCELLED"}
# Lines at the end of a log that say no more than that it ends.
IDLE = re.compile(r"submitit |srun: (?!error)|srun: error: .*Exited with exit code|\s*$")


class Submitted:
    """The jobs of a sweep by SLURM's ids, in slurm.json."""

    def __init__(self, path: Path) -> None:
        self.file = path / FILE

    @property
    def ids(self) -> dict[int, str]:
        """Return SLURM's id of each job that was ever submitted, the last one."""
        return {int(number): each for number, each in read_json(self.file).items()} if self.file.exists() else {}

    def add(self, jobs: Sequence[Job], ids: Sequence[str]) -> None:
        """Remember jobs that were submitted."""
        new = {job.number: each for job, each in zip(jobs, ids, strict=True)}
        write_json(self.file, {str(number): each for number, each in {**self.ids, **new}.items()})

    def states(self, jobs: Sequence[Job]) -> dict[int, str] | None:
        """Return SLURM's states of those jobs that were submitted; None where SLURM does not answer."""
        ids = {job.number: self.ids[job.number] for job in jobs if job.number in self.ids}
        found = states(ids.values())
        return None if found is None else {number: found[each] for number, each in ids.items()}

    def alive(self, jobs: Sequence[Job]) -> set[int]:
        """Return the numbers of jobs that wait or run in SLURM; raises UserError where it does not answer."""
        found = self.states(jobs)
        if found is None:
            raise UserError(
                f"SLURM does not answer, so that nobody knows which jobs of {self.file} are still in its queue; look "
                "with squeue, and try again"
            )
        return {number for number, state in found.items() if state not in OVER and state != GONE}


def explain(job: Job, state: str) -> None:
    """Write what became of a job that SLURM has ended and that could not write it itself.

    What was taken away, or saved itself, can be continued by the same sweep; anything else has failed.
    """
    taken = state in TAKEN or Outcome.of(job.directory).state == "preempted"
    lines = job.log.read_text(errors="replace").splitlines() if job.log.exists() else []
    last = next((line.strip() for line in reversed(lines) if not IDLE.match(line)), "no output")
    what = "SLURM has lost it" if state == GONE else f"ended as {state} in SLURM"
    settle(job, "preempted" if taken else "failed", f"{what}; {last} ({job.log})")


def explain_ended(path: Path, jobs: Sequence[Job]) -> None:
    """Write what became of the jobs of a sweep while no launcher looked, where SLURM can tell."""
    submitted = Submitted(path)
    found = (submitted.states(jobs) if submitted.file.exists() else None) or {}
    for job in jobs:
        state, told = found.get(job.number), Outcome.of(job.directory).state
        if state in (OVER - PASSING) | {GONE} and told in ("running", "lost", "waiting"):
            explain(job, state)
        elif state == "PENDING" and told in ("running", "lost"):
            settle(job, "preempted", "it is in SLURM's queue again")
