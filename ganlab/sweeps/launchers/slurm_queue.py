"""The states of jobs in SLURM: from its queue, then from its accounting database if there is one."""

import os
import subprocess
from collections.abc import Collection

# States of jobs that have ended. A job that is being requeued may briefly have one of them, too.
ENDED = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
}  # fmt: skip
# Those of them in which the cluster or a person ended the job, not the job itself.
INTERRUPTED = ENDED - {"COMPLETED", "FAILED", "OUT_OF_MEMORY"}
# Our own state: neither the queue nor the accounting lists the job.
GONE = "GONE"
# The job does not start until a person releases it.
HELD = {"HELD", "REQUEUE_HOLD", "SPECIAL_EXIT"}
TIMEOUT_SECONDS = 60


def states(jobs: Collection[str]) -> dict[str, str] | None:
    """Return the state of each job by its id, 42 or 42_3 in an array; None if SLURM does not answer."""
    if not jobs:
        return {}
    queue = _query("squeue", "--noheader", "--array", "--states=all", f"--user={os.getuid()}", "--format=%i|%T %r")
    if queue is None:
        return None
    known = {job: state for job, state in queue.items() if job in jobs}
    missing = [job for job in jobs if job not in known]
    if missing:
        options = ("--noheader", "--parsable2", "--allocations", "--format=JobID,State", f"--jobs={','.join(missing)}")
        accounted = _query("sacct", *options) or {}
        known |= {job: state for job, state in accounted.items() if job in missing}
    return {job: known.get(job, GONE) for job in jobs}


def cancel(job: str) -> None:
    """Cancel a job; its processes have SLURM's KillWait seconds to save their state."""
    subprocess.run(["scancel", job], capture_output=True, check=False)


def _query(*command: str) -> dict[str, str] | None:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    pairs = (line.strip().partition("|") for line in answer.stdout.splitlines())
    return {job: _parse_state(text) for job, _, text in pairs if text}


def _parse_state(text: str) -> str:
    """Return the state in "CANCELLED by 1000", "RUNNING None" or "PENDING JobHeldUser" (HELD)."""
    state = text.split()[0]
    return "HELD" if state == "PENDING" and "held" in text.lower() else state
