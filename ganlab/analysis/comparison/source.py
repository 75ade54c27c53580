"""Chooses which score file of a run is read: report scores if every run has them, otherwise selection scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from ganlab.analysis.comparison.runs import Run, SkippedRun
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.core.errors import UserError, suggest


@final
@dataclass(frozen=True)
class Source:
    """Which scores are read: the report scores of one protocol, or the selection scores if `protocol` is empty.

    A single score file is always read itself.
    """

    protocol: str = ""

    def score_file(self, run: Run) -> ScoreFile | None:
        """Return the file to read for a run, None if the run has none."""
        if run.single_file:
            return run.single_file
        return run.reports.get(self.protocol) if self.protocol else run.selection

    def kind(self, run: Run) -> str:
        """Return the kind of scores that are read for a run, as captions name it."""
        if run.single_file:
            return "scores"
        return "report scores" if self.protocol else "selection scores"

    def split(self, runs: Sequence[Run]) -> tuple[list[Run], list[SkippedRun]]:
        """Return the runs that have such scores, and those without."""
        name = f"evaluations/{self.protocol}.json" if self.protocol else "scores.json"
        with_scores, without_scores = [], []
        for run in runs:
            if self.score_file(run):
                with_scores.append(run)
            else:
                others = f" (it has {', '.join(run.reports)})" if run.reports else ""
                without_scores.append(SkippedRun(str(run.path), "finished", f"without {name}{others}"))
        return with_scores, without_scores


def find_source(runs: Sequence[Run], protocol: str) -> Source:
    """Return the report scores of a protocol; raises UserError if no run has them."""
    names = sorted({name for run in runs for name in run.reports})
    if protocol in names:
        return Source(protocol)
    available = f"available are {', '.join(names)}" if names else "no run has been evaluated"
    raise UserError(
        f"no run has scores under protocol={protocol}: {available}{suggest(protocol, names)}; make them with "
        f"`ganlab evaluate run=DIR protocol={protocol}`"
    )


def choose_source(runs: Sequence[Run]) -> tuple[Source, list[str]]:
    """Return the default source: report scores that every run has, otherwise selection scores; and notes for the user.

    Among several common protocols it is the one with the most samples.
    """
    trained = [run for run in runs if not run.single_file]
    counts = Counter(name for run in trained for name in run.reports)
    common = sorted(name for name, count in counts.items() if count == len(trained))
    if common:
        largest = max(common, key=lambda name: max(_sample_count(run.reports[name]) for run in trained))
        others = ", ".join(name for name in common if name != largest)
        notes = [f"every run also has scores under {others}; protocol=NAME shows them"] if others else []
        return Source(largest), notes
    if not counts:
        return Source(), []
    name, count = counts.most_common(1)[0]
    if not any(run.selection for run in trained):
        return Source(name), []
    return Source(), [
        f"{count} of {len(trained)} runs have report scores under {name}, so all are shown with their selection "
        f"scores; protocol={name} shows those {count}, and `ganlab evaluate run=DIR protocol={name}` makes the others"
    ]


def _sample_count(file: ScoreFile) -> float:
    count = file.protocol.get("samples")
    return count if isinstance(count, int | float) else 0
