"""The configurations of a sweep: jobs that differ only in the seed are one configuration with one mean score."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ganlab.analysis.comparison.statistics import summarise
from ganlab.core.score_range import UNBOUNDED, ScoreRange, clip_interval, is_clipped
from ganlab.core.shell_lines import ganlab_line
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.seeds import is_seed, without_seed
from ganlab.sweeps.results.protocols import SAME_PROTOCOL, Protocols

# The state of a configuration is the first of these that one of its jobs has.
STATES = ("failed", "pruned", "running", "lost", "preempted", "waiting", "finished")


class Score(NamedTuple):
    """The mean over `n` seeds and its 95 % confidence interval; a single seed has no interval."""

    mean: float
    n: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def from_values(cls, values: Sequence[float], bounds: ScoreRange = UNBOUNDED) -> "Score":
        """Return the score of one or more values; if one of them is not finite, without an interval.

        The interval does not leave the range of the score, `bounds`.
        """
        if len(values) == 1 or not all(map(math.isfinite, values)):
            return cls(sum(values) / len(values), len(values))
        mean, _, low, high = summarise(values)
        return cls(mean, len(values), *clip_interval((low, high), mean, bounds))


@dataclass(frozen=True)
class Configuration:
    """Overrides without the seed, the jobs that have them, and the score of each objective.

    `protocol` is the index of the scores' protocol among those of the sweep; seeds that were scored under different
    protocols are two configurations.
    """

    overrides: tuple[str, ...]
    jobs: tuple[Job, ...]
    state: str
    scores: dict[str, Score] = field(default_factory=dict)
    protocol: int = 0

    @property
    def n(self) -> int:
        """The number of seeds behind its scores."""
        return max((score.n for score in self.scores.values()), default=0)

    @property
    def is_complete(self) -> bool:
        """Whether all its jobs are finished and its scores are finite."""
        return self.state == "finished" and bool(self.scores) and self.has_finite_scores

    @property
    def has_finite_scores(self) -> bool:
        """Whether the scores that it has so far are finite."""
        return all(math.isfinite(score.mean) for score in self.scores.values())

    def format_score(self, name: str) -> str:
        """Return a score as shown in tables, "-" if there is none."""
        score = self.scores.get(name)
        if score is None:
            return "-"
        if score.low is None or score.high is None:
            return f"{score.mean:.4g}"
        below, above = score.mean - score.low, score.high - score.mean
        if is_clipped(score.low, score.mean, score.high):
            return f"{score.mean:.4g} +{above:.2g} -{below:.2g}"
        return f"{score.mean:.4g} ± {above:.2g}"

    def train_command(self, config_dirs: Sequence[str] = (), packages: str = "") -> str:
        """Return the command that trains the configuration again with all its seeds."""
        seeds = [override.split("=")[1] for job in self.jobs for override in job.overrides if is_seed(override)]
        words = [f"--config-dir={path}" for path in config_dirs]
        words += [
            override.removeprefix("++") for override in self.overrides
        ]  # +metric=[kid] appends, so it keeps its +
        if seeds:
            words.append(f"seed={','.join(seeds)}")
        return ganlab_line(["train", *(["-m"] if len(seeds) > 1 else []), *words], packages)

    def as_json(self) -> dict[str, Any]:
        """Return the entry of sweep.json."""
        scores = {name: score._asdict() for name, score in self.scores.items()}
        return {
            "overrides": list(self.overrides),
            "jobs": [job.number for job in self.jobs],
            "state": self.state,
            "scores": scores,
        }


def group_configurations(
    jobs: Sequence[Job],
    outcomes: Mapping[int, Outcome],
    objectives: Mapping[str, bool],
    protocols: Protocols = SAME_PROTOCOL,
) -> list[Configuration]:
    """Return the configurations of some jobs, best first by the first objective, then those without a score.

    Configurations with the same protocol are next to each other.
    """
    jobs_by_point: dict[frozenset[str], list[Job]] = {}
    for job in jobs:
        jobs_by_point.setdefault(frozenset(without_seed(job.overrides)), []).append(job)
    configurations = []
    for point_jobs in jobs_by_point.values():
        for protocol, group in protocols.group_jobs(point_jobs):
            group_outcomes = [outcomes[job.number] for job in group]
            scores = {}
            for name in objectives:
                values = [outcome.scores[name] for outcome in group_outcomes if name in outcome.scores]
                if values:
                    scores[name] = Score.from_values(values, protocols.ranges.get(name, UNBOUNDED))
            state = min((outcome.state for outcome in group_outcomes), key=_state_rank)
            overrides = without_seed(group[0].overrides)
            configurations.append(Configuration(overrides, tuple(group), state, scores, protocol))
    return sorted(configurations, key=lambda configuration: _sort_key(configuration, objectives))


def select_best(configurations: Sequence[Configuration], objectives: Mapping[str, bool]) -> list[Configuration]:
    """Return the best configuration; for several objectives, all that no other one dominates (the Pareto front).

    Complete configurations are preferred; while there are none, those with scores of some seeds are compared.
    """
    if not objectives:
        return []
    scored = [
        configuration
        for configuration in configurations
        if configuration.n and configuration.has_finite_scores and len(configuration.scores) == len(objectives)
    ]
    complete = [configuration for configuration in scored if configuration.is_complete]
    candidates = complete or scored
    points = [_point(configuration, objectives) for configuration in candidates]
    front = _pareto_front(points)
    best = [configuration for configuration, point in zip(candidates, points, strict=True) if point in front]
    return best[:1] if len(objectives) == 1 else best


def _point(configuration: Configuration, objectives: Mapping[str, bool]) -> tuple[float, ...]:
    """Return the scores by all objectives, where higher is better."""
    signs = {name: 1 if higher_is_better else -1 for name, higher_is_better in objectives.items()}
    return tuple(sign * configuration.scores[name].mean for name, sign in signs.items())


def _pareto_front(points: Iterable[tuple[float, ...]]) -> set[tuple[float, ...]]:
    """Return the points to which no other is at least as good by all numbers and better by one."""
    front: list[tuple[float, ...]] = []
    for point in sorted(set(points), reverse=True):  # what dominates a point is before it
        if not any(all(a >= b for a, b in zip(other, point, strict=True)) for other in front):
            front.append(point)
    return set(front)


def _state_rank(state: str) -> int:
    return STATES.index(state) if state in STATES else 0


def _sort_key(configuration: Configuration, objectives: Mapping[str, bool]) -> tuple[bool, int, float]:
    name, higher_is_better = next(iter(objectives.items()), ("", False))
    score = configuration.scores.get(name)
    if score is None or not math.isfinite(score.mean):
        return True, configuration.protocol, 0.0
    return False, configuration.protocol, -score.mean if higher_is_better else score.mean
