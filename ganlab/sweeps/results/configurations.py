"""Configurations of a sweep: jobs that differ in nothing but their seed, with one score for all of them."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ganlab.analysis.comparison.statistics import summarise
from ganlab.sweeps.jobs.checked_points import is_seed, without_seed
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.results.protocols import ONE, Protocols

# The state of a configuration is the worst of its jobs'.
STATES = ("failed", "pruned", "running", "lost", "preempted", "waiting", "finished")


@dataclass(frozen=True)
class Score:
    """The mean over `n` seeds and the ends of its 95 % interval, which one seed does not have."""

    mean: float
    n: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Score":
        """Summarise one or more values."""
        if len(values) == 1 or not all(map(math.isfinite, values)):
            return cls(sum(values) / len(values), len(values))
        mean, _, low, high = summarise(values)
        return cls(mean, len(values), low, high)


@dataclass(frozen=True)
class Configuration:
    """Settings without a seed, the jobs that have them, and the score of each objective.

    `protocol` is the place of the scores' protocol among those of the sweep; seeds that were scored under unlike ones
    are two configurations.
    """

    overrides: tuple[str, ...]
    jobs: tuple[Job, ...]
    state: str
    scores: dict[str, Score] = field(default_factory=dict)
    protocol: int = 0

    @property
    def n(self) -> int:
        """How many seeds its scores are over."""
        return max((score.n for score in self.scores.values()), default=0)

    @property
    def is_complete(self) -> bool:
        """Whether it has a number for every objective from every one of its jobs."""
        return self.state == "finished" and bool(self.scores) and self.is_scored

    @property
    def is_scored(self) -> bool:
        """Whether its scores, as far as there are any, are numbers to compare by."""
        return all(math.isfinite(score.mean) for score in self.scores.values())

    def cell(self, name: str) -> str:
        """Return a score as tables have it."""
        score = self.scores.get(name)
        if score is None:
            return "-"
        half = f" ± {score.high - score.mean:.2g}" if score.high is not None else ""
        return f"{score.mean:.4g}{half}"

    def command(self, config_dirs: Sequence[str] = ()) -> str:
        """Return the command that trains it again, with all its seeds."""
        seeds = [override.split("=")[1] for job in self.jobs for override in job.overrides if is_seed(override)]
        words = [f"--config-dir={each}" for each in config_dirs] + [each.lstrip("+") for each in self.overrides]
        words += [f"seed={','.join(seeds)}"] if seeds else []
        return shlex.join(["ganlab", "train", *(["-m"] if len(seeds) > 1 else []), *words])

    def as_json(self) -> dict[str, Any]:
        """Return it as sweep.json has it."""
        scores = {name: asdict(score) for name, score in self.scores.items()}
        return {
            "overrides": list(self.overrides),
            "jobs": [job.number for job in self.jobs],
            "state": self.state,
            "scores": scores,
        }


def configurations(
    jobs: Sequence[Job],
    outcomes: Mapping[int, Outcome],
    objectives: Mapping[str, bool],
    protocols: Protocols = ONE,
) -> list[Configuration]:
    """Return the configurations of some jobs, best first by the first objective, then those without a score.

    Those under one protocol are together.
    """
    settings: dict[frozenset[str], list[Job]] = {}
    for job in jobs:
        settings.setdefault(frozenset(without_seed(job.overrides)), []).append(job)
    found = []
    for place, group in (part for mine in settings.values() for part in protocols.parted(mine)):
        mine = [outcomes[job.number] for job in group]
        values = {name: [each.scores[name] for each in mine if name in each.scores] for name in objectives}
        state = min((each.state for each in mine), key=lambda state: STATES.index(state) if state in STATES else 0)
        scores = {name: Score.of(numbers) for name, numbers in values.items() if numbers}
        found.append(Configuration(without_seed(group[0].overrides), tuple(group), state, scores, place))
    return sorted(found, key=lambda each: _order(each, objectives))


def best_of(found: Sequence[Configuration], objectives: Mapping[str, bool]) -> list[Configuration]:
    """Return the best configuration, or with several objectives all that no other is better than in each.

    While none is finished with all its seeds, those count that have some.
    """
    complete = [each for each in found if each.is_complete and len(each.scores) == len(objectives)]
    partly = [each for each in found if each.n and each.is_scored and len(each.scores) == len(objectives)]
    scored = complete or partly
    if not objectives:
        return []
    front = [one for one in scored if not any(_dominates(other, one, objectives) for other in scored)]
    return front[:1] if len(objectives) == 1 else front


def _dominates(one: Configuration, other: Configuration, objectives: Mapping[str, bool]) -> bool:
    pairs = [
        (one.scores[name].mean, other.scores[name].mean) if up else (other.scores[name].mean, one.scores[name].mean)
        for name, up in objectives.items()
    ]
    return all(mine >= theirs for mine, theirs in pairs) and any(mine > theirs for mine, theirs in pairs)


def _order(each: Configuration, objectives: Mapping[str, bool]) -> tuple[bool, int, float]:
    name, up = next(iter(objectives.items()), ("", False))
    score = each.scores.get(name)
    if score is None or not math.isfinite(score.mean):
        return True, each.protocol, 0.0
    return False, each.protocol, -score.mean if up else score.mean
