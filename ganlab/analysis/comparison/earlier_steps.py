"""Scores of an earlier step: a run was scored, and has been continued since."""

from collections.abc import Sequence

from ganlab.analysis.comparison.group import Entry

MAX_NOTES = 5


def describe_earlier_steps(entries: Sequence[Entry]) -> list[str]:
    """Return a sentence for each run whose scores are of an earlier step than the one that it has reached."""
    earlier = [entry for entry in entries if entry.earlier_step is not None]
    notes = [
        f"the {entry.kind} of {entry.run.path} are of step {entry.earlier_step}, but the run has been continued to "
        f"step {entry.run.steps}, so they have their own row; `ganlab evaluate run={entry.run.path}` scores it again"
        for entry in earlier[:MAX_NOTES]
    ]
    if len(earlier) > MAX_NOTES:
        notes.append(f"so have {len(earlier) - MAX_NOTES} more runs scores of an earlier step")
    return notes
