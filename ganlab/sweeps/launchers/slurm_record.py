"""The SLURM ids of a sweep's jobs, saved in its directory, and the final states of jobs that SLURM ended."""

import re
from collections.abc import Sequence
from pathlib import Path

from ganlab.core.errors import UserError
from ganlab.runs.directory import write_json
from ganlab.runs.json_files import read_json
from ganlab.sweeps.jobs.job import Job, Outcome, write_state
from ganlab.sweeps.launchers.slurm_queue import ENDED, GONE, INTERRUPTED, states

FILE = "slurm.json"
# States that a job may also have briefly while it is being requeued.
TRANSIENT = INTERRUPTED - {"CANCELLED"}
# Lines at the end of a log that only say that the job ends.
UNINFORMATIVE = re.compile(r"submitit |srun: (?!error)|srun: error: .*Exited with exit code|\s*$")


class SlurmRecord:
    """The SLURM id of each job of a sweep, in slurm.json."""

    def __init__(self, path: Path) -> None:
        self.file = path / FILE

    @property
    def ids(self) -> dict[int, str]:
        """The latest SLURM id of each job that was ever submitted, by job number."""
        return (
            {int(number): slurm_id for number, slurm_id in read_json(self.file).items()} if self.file.exists() else {}
        )

    def add(self, jobs: Sequence[Job], ids: Sequence[str]) -> None:
        """Save the ids of submitted jobs."""
        new = {job.number: slurm_id for job, slurm_id in zip(jobs, ids, strict=True)}
        write_json(self.file, {str(number): slurm_id for number, slurm_id in {**self.ids, **new}.items()})

    def states(self, jobs: Sequence[Job]) -> dict[int, str] | None:
        """Return the SLURM states of the submitted jobs by job number; None if SLURM does not answer."""
        all_ids = self.ids
        ids = {job.number: all_ids[job.number] for job in jobs if job.number in all_ids}
        by_id = states(ids.values())
        return None if by_id is None else {number: by_id[slurm_id] for number, slurm_id in ids.items()}

    def queued(self, jobs: Sequence[Job]) -> set[int]:
        """Return the numbers of the jobs that wait or run in SLURM; raises UserError if it does not answer."""
        by_number = self.states(jobs)
        if by_number is None:
            raise UserError(
                f"SLURM does not answer, so it is unknown which jobs of {self.file} are still in its queue; check "
                "squeue, and try again"
            )
        return {number for number, state in by_number.items() if state not in ENDED and state != GONE}


def write_final_state(job: Job, state: str) -> None:
    """Write the final state of a job that SLURM ended and that could not write it itself.

    An interrupted job, and one that saved its state, is preempted and can be resumed; any other has failed.
    """
    resumable = state in INTERRUPTED or Outcome.read(job.directory).state == "preempted"
    lines = job.log.read_text(errors="replace").splitlines() if job.log.exists() else []
    last = next((line.strip() for line in reversed(lines) if not UNINFORMATIVE.match(line)), "no output")
    reason = "SLURM no longer lists the job" if state == GONE else f"ended as {state} in SLURM"
    write_state(job, "preempted" if resumable else "failed", f"{reason}; {last} ({job.log})")


def update_ended_jobs(path: Path, jobs: Sequence[Job]) -> None:
    """Write the final states of jobs of a sweep that ended while no launcher was running, if SLURM knows them."""
    record = SlurmRecord(path)
    slurm_states = (record.states(jobs) if record.file.exists() else None) or {}
    for job in jobs:
        slurm_state, state = slurm_states.get(job.number), Outcome.read(job.directory).state
        if slurm_state in (ENDED - TRANSIENT) | {GONE} and state in ("running", "lost", "waiting"):
            write_final_state(job, slurm_state)
        elif slurm_state == "PENDING" and state in ("running", "lost"):
            write_state(job, "preempted", "it is in SLURM's queue again")
