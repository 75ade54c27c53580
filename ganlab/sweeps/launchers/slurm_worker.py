"""The entry point of a SLURM job; it is called again after every preemption and requeue."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import final

from submitit.helpers import DelayedSubmission


@final
class Worker:
    """Runs `ganlab train` in each process that SLURM started for a job.

    submitit calls `checkpoint` before the job is preempted or reaches its time limit; the run directory holds all
    state.
    """

    def __call__(self, arguments: Sequence[str]) -> None:
        """Train; raises SystemExit with the exit code of `ganlab train` if the run did not finish."""
        sys.argv = ["ganlab train", *arguments]
        guarded, command = (
            import_module("ganlab.commands.exit_codes").guarded,
            import_module("ganlab.commands.train").main,
        )
        if code := guarded(command, arguments):
            raise SystemExit(code)

    def checkpoint(self, arguments: Sequence[str]) -> DelayedSubmission:
        """Return the submission for the requeued job: the same command, which resumes its run directory."""
        return DelayedSubmission(self, arguments)
