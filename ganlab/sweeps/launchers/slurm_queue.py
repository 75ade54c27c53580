"""What SLURM says of jobs: its queue while it remembers them, its accounting, where there is one, after that."""

import os
import subprocess
from collections.abc import Collection

# States of jobs that have ended. One that is requeued may be seen in some of them for a moment.
OVER = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
}  # fmt: skip
# Of these, the ones in which the cluster, or a person, took away what the job needed.
TAKEN = OVER - {"COMPLETED", "FAILED", "OUT_OF_MEMORY"}
# SLURM has forgotten the job, and keeps no accounts.
GONE = "GONE"
# Somebody, or SLURM itself, holds the job back until a person lets it go.
HELD = {"HELD", "REQUEUE_HOLD", "SPECIAL_EXIT"}
ANSWER_SECONDS = 60


def states(jobs: Collection[str]) -> dict[str, str] | None:
    """Return the state of each job by its id, 42 or 42_3 in an array; None where SLURM does not answer."""
    if not jobs:
        return {}
    queue = _ask("squeue", "--noheader", "--array", "--states=all", f"--user={os.getuid()}", "--format=%i|%T %r")
    if queue is None:
        return None
    found = {job: state for job, state in queue.items() if job in jobs}
    missing = [job for job in jobs if job not in found]
    if missing:
        options = ("--noheader", "--parsable2", "--allocations", "--format=JobID,State", f"--jobs={','.join(missing)}")
        found |= {job: state for job, state in (_ask("sacct", *options) or {}).items() if job in missing}
    return {job: found.get(job, GONE) for job in jobs}


def cancel(job: str) -> None:
    """End a job: its processes have SLURM's KillWait to save themselves."""
    subprocess.run(["scancel", job], capture_output=True, check=False)


def _ask(*command: str) -> dict[str, str] | None:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    pairs = (line.strip().partition("|") for line in answer.stdout.splitlines())
    return {job: _state(words) for job, _, words in pairs if words}


def _state(words: str) -> str:
    """Return SLURM's word for a state out of "CANCELLED by 1000", "RUNNING None", "PENDING JobHeldUser"."""
    state = words.split()[0]
    return "HELD" if state == "PENDING" and "held" in words.lower() else state
