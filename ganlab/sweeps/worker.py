"""What a batch job of a cluster runs, and runs again whenever the cluster has taken its place away."""

from collections.abc import Sequence
from typing import final

from submitit.helpers import DelayedSubmission

from ganlab.command import guarded


@final
class Worker:
    """Runs `ganlab train` in each process that the cluster has started for a job.

    submitit calls `checkpoint` when the job is to make room or its time is up; the run directory holds what is needed.
    """

    def __call__(self, arguments: Sequence[str]) -> None:
        """Train; raises SystemExit with the command's exit code where the run did not finish."""
        from ganlab.train import main

        code = guarded(main, arguments)
        if code:
            raise SystemExit(code)

    def checkpoint(self, arguments: Sequence[str]) -> DelayedSubmission:
        """Return what the requeued job runs: the same command, which continues its run directory."""
        return DelayedSubmission(self, arguments)
