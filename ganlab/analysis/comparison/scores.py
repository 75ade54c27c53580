"""Score files: numbers, what is known of each, and the protocol they were measured under."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from ganlab.core.errors import UserError
from ganlab.core.fields import Fields, flatten, unlike

Interval = tuple[float, float]


@final
@dataclass(frozen=True)
class ScoreFile:
    """The content of a score file; `higher_is_better` lacks scores of old files, and has None where neither end is."""

    path: Path
    scores: dict[str, float]
    intervals: dict[str, Interval]
    higher_is_better: dict[str, bool | None]
    protocol: dict[str, Any]

    @property
    def base(self) -> Fields:
        """Return what all scores of the file must share with others: the protocol without its metrics."""
        return flatten({key: value for key, value in self.protocol.items() if key not in ("metrics", "origin")})

    def settings(self, score: str) -> Fields:
        """Return the settings of the metric that a score comes from; of all metrics where that is not known."""
        metrics = self.protocol.get("metrics") or {}
        origin = (self.protocol.get("origin") or {}).get(score) or _by_name(score, metrics)
        return flatten({"metrics": {origin: metrics.get(origin, {})} if origin else metrics})

    def meaning(self, *scores: str) -> Fields:
        """Return all that some scores of the file must share with others' to be compared: protocol and metrics."""
        return self.base | {name: value for score in scores for name, value in self.settings(score).items()}

    def is_like(self, other: "ScoreFile") -> bool:
        """Tell whether the scores that both files have were measured under one protocol, with one metric each."""
        shared = [score for score in self.scores if score in other.scores]
        return not unlike(self.meaning(*shared), other.meaning(*shared))


def read_json(path: Path) -> dict[str, Any]:
    """Return the mapping in a JSON file; raises UserError where there is none."""
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # broken JSON, or no text at all
        raise UserError(f"{path} is broken ({error}); write it again, or leave it out") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no mapping but a {type(content).__name__}; write it again, or leave it out")
    return content


def read_scores(path: Path) -> ScoreFile:
    """Read a score file; raises UserError where it is none."""
    content = read_json(path)
    issue = UserError(f"{path} is no score file, which holds scores by name and their protocol; leave it out")
    if "scores" not in content:
        raise issue
    parts = [content.get(key) or {} for key in ("scores", "intervals", "higher_is_better", "protocol")]
    if not all(isinstance(part, dict) for part in parts):
        raise issue
    scores, intervals, directions, protocol = parts
    known = {name: value for name, value in scores.items() if value is not None}
    fine = all(map(_is_number, known.values())) and all(map(_is_interval, intervals.values()))
    if not fine or not all(isinstance(protocol.get(key) or {}, dict) for key in ("metrics", "origin")):
        raise issue
    return ScoreFile(
        path=path,
        scores={name: float(value) for name, value in known.items()},
        intervals={name: (float(low), float(high)) for name, (low, high) in intervals.items()},
        higher_is_better=dict(directions),
        protocol=protocol,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _by_name(score: str, metrics: Mapping[str, Any]) -> str:
    """Guess the metric of a score from its name, as old files do not tell; return "" where none is near."""
    return max((name for name in metrics if score == name or score.startswith(f"{name}_")), key=len, default="")
