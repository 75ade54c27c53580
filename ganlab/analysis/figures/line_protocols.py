"""Whether the lines of a panel are comparable: the protocols of the scores that they show."""

from collections.abc import Mapping, Sequence

from ganlab.analysis.comparison.columns import differing_settings, without_implied
from ganlab.analysis.comparison.scores import ScoreFile, read_scores
from ganlab.analysis.figures.histories import History
from ganlab.core.score_range import UNBOUNDED, ScoreRange

FILE = "scores.json"  # of the last scores; all scores of a run share its protocol


def read_score_files(histories: Sequence[History]) -> list[ScoreFile]:
    """Return the files with the last scores of runs, of those that have one; raises UserError for a damaged one."""
    paths = [history.run.path / FILE for history in histories]
    return [read_scores(path) for path in paths if path.exists()]


def score_range(name: str, files: Sequence[ScoreFile]) -> ScoreRange:
    """Return the range of a score, as a file states it."""
    return next((file.ranges[name] for file in files if name in file.ranges), UNBOUNDED)


def differing_protocol_fields(name: str, files_of: Mapping[str, Sequence[ScoreFile]]) -> list[str]:
    """Return the fields in which the protocols of a score differ between runs, empty if the runs are comparable."""
    files = [file for files in files_of.values() for file in files if name in file.scores and file.protocol]
    variants = differing_settings([file.comparison_fields(name) for file in files]) if files else []
    return without_implied(list(variants[0])) if variants else []
