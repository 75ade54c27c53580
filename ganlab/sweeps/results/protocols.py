"""The protocols under which a sweep's objectives were measured, and how they differ."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from ganlab.analysis.comparison.columns import shorten_all, without_implied
from ganlab.analysis.comparison.scores import read_scores
from ganlab.core.fields import Fields, canonical_json
from ganlab.core.score_range import ScoreRange
from ganlab.sweeps.jobs.job import Job, Outcome

FILE = "scores.json"
IGNORED = {"weights"}  # EMA or live weights: a setting like others, and each job is scored with the ones it saves
MAX_SHOWN = 4  # protocols in a message, and fields of each


@final
@dataclass(frozen=True)
class Protocols:
    """The different protocols of a sweep's objectives; `variant_of` has the index in `variants` by job number.

    `variant_of` has no jobs with scores that name no protocol.
    """

    variants: tuple[Fields, ...] = ()
    variant_of: Mapping[int, int] = field(default_factory=dict)
    ranges: Mapping[str, ScoreRange] = field(default_factory=dict)  # of scores that have one

    @property
    def differ(self) -> bool:
        """Whether scores of the sweep were measured under more than one protocol, so they cannot be compared."""
        return len(self.variants) > 1

    def group_jobs(self, jobs: Sequence[Job]) -> list[tuple[int, list[Job]]]:
        """Return jobs by the index of their protocol; jobs without a protocol join the first job that has one."""
        default = next((self.variant_of[job.number] for job in jobs if job.number in self.variant_of), 0)
        groups: dict[int, list[Job]] = {}
        for job in jobs:
            groups.setdefault(self.variant_of.get(job.number, default), []).append(job)
        return list(groups.items())

    def columns(self, score: str) -> list[str]:
        """Return the headers of a score's columns, one for each protocol."""
        return [f"{score} [{i}]" for i in range(1, len(self.variants) + 1)] if self.differ else [score]


SAME_PROTOCOL = Protocols()  # of scores that can all be compared


def read_protocols(jobs: Sequence[Job], outcomes: Mapping[int, Outcome], objectives: Collection[str]) -> Protocols:
    """Read the protocols of the objectives; raises UserError if a score file is damaged.

    Score files without a protocol, which old versions wrote, and jobs without all objectives are ignored.
    """
    variants: dict[str, tuple[int, Fields]] = {}
    variant_of: dict[int, int] = {}
    ranges: dict[str, ScoreRange] = {}
    for job in jobs:
        if not objectives or not outcomes[job.number].scores.keys() >= set(objectives):
            continue
        file = read_scores(job.directory / FILE)
        ranges.update(file.ranges)
        if file.protocol:
            fields = {name: value for name, value in file.comparison_fields(*objectives).items() if name not in IGNORED}
            index, _ = variants.setdefault(canonical_json(fields), (len(variants), fields))
            variant_of[job.number] = index
    return Protocols(tuple(fields for _, fields in variants.values()), variant_of, ranges)


def describe_variants(variants: Sequence[Mapping[str, str]]) -> str:
    """Return differing fields as one text: "[1] samples=50; [2] samples=9"; `variants` has those of each protocol."""
    names = without_implied(list(dict.fromkeys(name for fields in variants for name in fields)))
    short = {name: shorten_all({fields[name] for fields in variants if name in fields}) for name in names[:MAX_SHOWN]}
    ellipsis = " …" if len(names) > MAX_SHOWN else ""
    clauses = []
    for number, fields in enumerate(variants[:MAX_SHOWN], 1):
        values = " ".join(f"{name}={short[name][fields[name]]}" for name in short if name in fields)
        clauses.append(f"[{number}] {values}{ellipsis}")
    if len(variants) > MAX_SHOWN:
        clauses.append(f"and {len(variants) - MAX_SHOWN} more")
    return "; ".join(clauses)
