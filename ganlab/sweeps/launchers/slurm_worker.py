"""The entry point of a SLURM job; it is called again after every preemption and requeue."""

import runpy
import sys
from collections.abc import Sequence
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
        try:
            runpy.run_module("ganlab.commands.train", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise

    def checkpoint(self, arguments: Sequence[str]) -> DelayedSubmission:
        """Return the submission for the requeued job: the same command, which resumes its run directory."""
        return DelayedSubmission(self, arguments)
