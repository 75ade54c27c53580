"""Score files: scores, their intervals and directions, and the protocol that they were computed under."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from ganlab.analysis.comparison.score_sections import find_wrong_value
from ganlab.core.errors import UserError
from ganlab.core.fields import Fields, differing_fields, flatten
from ganlab.core.score_range import ScoreRange
from ganlab.runs.json_files import read_json

LAST = "last"  # the name of the checkpoint that a run resumes from
SECTIONS = ("scores", "intervals", "higher_is_better", "protocol", "floor", "ranges", "baselines")
Interval = tuple[float, float]


@final
@dataclass(frozen=True)
class ScoreFile:
    """The content of a score file; `higher_is_better` is None for a score without direction, absent in old files."""

    path: Path
    scores: dict[str, float]
    intervals: dict[str, Interval]
    higher_is_better: dict[str, bool | None]
    protocol: dict[str, Any]
    floor: dict[str, float]  # scores of real samples under the same protocol, absent in old files
    ranges: dict[str, ScoreRange]  # that scores cannot leave, absent in old files
    baselines: dict[str, dict[str, float]]  # scores of the data's baselines by name, absent in old files
    step: int | None = None  # of training, None if it is unknown
    is_of_last_checkpoint: bool = True  # or a chosen one, such as the best

    @property
    def protocol_fields(self) -> Fields:
        """The protocol without its metrics: what all scores of two comparable files must share."""
        return flatten({key: value for key, value in self.protocol.items() if key not in ("metrics", "origin")})

    def metric_settings(self, score: str) -> Fields:
        """Return the settings of the metric that computes a score, or of all metrics if that metric is unknown."""
        metrics = self.protocol.get("metrics") or {}
        origin = (self.protocol.get("origin") or {}).get(score) or _guess_metric(score, metrics)
        return flatten({"metrics": {origin: metrics.get(origin, {})} if origin else metrics})

    def comparison_fields(self, *scores: str) -> Fields:
        """Return all that some scores must share with those of another file to be comparable: protocol and metrics."""
        return self.protocol_fields | {
            name: value for score in scores for name, value in self.metric_settings(score).items()
        }

    def is_comparable(self, other: "ScoreFile") -> bool:
        """Return whether the scores that both files have share their protocol and their metrics' settings."""
        shared = [score for score in self.scores if score in other.scores]
        return not differing_fields(self.comparison_fields(*shared), other.comparison_fields(*shared))


def read_scores(path: Path) -> ScoreFile:
    """Read a score file; raises UserError if it is damaged or not a score file."""
    content = read_json(path)
    not_a_score_file = UserError(f"{path} is not a score file (scores by name and their protocol); leave it out")
    if "scores" not in content:
        raise not_a_score_file
    sections = [content.get(key) or {} for key in SECTIONS]
    if not all(isinstance(section, dict) for section in sections):
        raise not_a_score_file
    scores, intervals, directions, protocol, floor, ranges, baselines = sections
    if wrong := find_wrong_value(content):
        raise UserError(f"{path} is not a score file: {wrong}; write it again or leave it out")
    known = {name: value for name, value in scores.items() if value is not None}
    if not all(isinstance(protocol.get(key) or {}, dict) for key in ("metrics", "origin")):
        raise not_a_score_file
    return ScoreFile(
        path=path,
        scores={name: float(value) for name, value in known.items()},
        intervals={name: (float(low), float(high)) for name, (low, high) in intervals.items()},
        higher_is_better=dict(directions),
        protocol=protocol,
        floor={name: float(value) for name, value in floor.items()},
        ranges={name: (low, high) for name, (low, high) in ranges.items()},
        baselines={name: {score: float(value) for score, value in known.items()} for name, known in baselines.items()},
        step=step if isinstance(step := content.get("step"), int) else None,
        is_of_last_checkpoint=content.get("checkpoint", LAST) == LAST,
    )


def _guess_metric(score: str, metrics: Mapping[str, Any]) -> str:
    """Guess the metric of a score from its name, for old files without it; return "" if no name fits."""
    return max((name for name in metrics if score == name or score.startswith(f"{name}_")), key=len, default="")
