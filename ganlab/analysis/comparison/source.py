"""Which of a run's score files is read: its report scores where every run has them, else its selection scores."""

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
    """Report scores of one protocol, or with "" for its name selection scores; a score file stands for itself."""

    protocol: str = ""

    def of(self, run: Run) -> ScoreFile | None:
        """Return the file to read for a run, None where it has none."""
        if run.alone:
            return run.alone
        return run.reports.get(self.protocol) if self.protocol else run.selection

    def words(self, run: Run) -> str:
        """Say what kind of scores are read for a run."""
        return "scores" if run.alone else "report scores" if self.protocol else "selection scores"

    def split(self, runs: Sequence[Run]) -> tuple[list[Run], list[SkippedRun]]:
        """Return the runs with such scores, and those without."""
        having = [run for run in runs if self.of(run)]
        name = f"evaluations/{self.protocol}.json" if self.protocol else "scores.json"
        there = {run.path: f" (it has {', '.join(run.reports)})" if run.reports else "" for run in runs}
        lacking = [
            SkippedRun(str(r.path), "finished", f"without {name}{there[r.path]}") for r in runs if not self.of(r)
        ]
        return having, lacking


def named(runs: Sequence[Run], protocol: str) -> Source:
    """Return the source of a protocol's name; raises UserError where no run has scores under it."""
    names = sorted({name for run in runs for name in run.reports})
    if protocol in names:
        return Source(protocol)
    there = f"there are {', '.join(names)}" if names else "no run has been evaluated"
    raise UserError(
        f"no run has scores under protocol={protocol}: {there}{suggest(protocol, names)}; make them with "
        f"`ganlab evaluate run=DIR protocol={protocol}`"
    )


def choose(runs: Sequence[Run]) -> tuple[Source, list[str]]:
    """Return what to read where nobody says: report scores that every run has, else selection scores; and why."""
    trained = [run for run in runs if not run.alone]
    counts = Counter(name for run in trained for name in run.reports)
    common = sorted(name for name, count in counts.items() if count == len(trained))
    if common:
        best = max(common, key=lambda name: max(_samples(run.reports[name]) for run in trained))
        others = ", ".join(name for name in common if name != best)
        return Source(best), [f"every run has scores under {others}, too; protocol=NAME shows them"] if others else []
    if not counts:
        return Source(), []
    name, count = counts.most_common(1)[0]
    if not any(run.selection for run in trained):
        return Source(name), []
    return Source(), [
        f"{count} of {len(trained)} runs have report scores under {name}, so that all are shown with their selection "
        f"scores; protocol={name} shows those {count}, and `ganlab evaluate run=DIR protocol={name}` makes the others"
    ]


def _samples(file: ScoreFile) -> float:
    count = file.protocol.get("samples")
    return count if isinstance(count, int | float) else 0
