"""Under which protocols a sweep's scores were measured, and the words for those that must not be compared."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from ganlab.analysis.comparison.scores import read_scores
from ganlab.core.fields import Fields, canonical, short
from ganlab.sweeps.jobs.job import Job, Outcome

FILE = "scores.json"
NAME = ".name"  # the end of a field that says which part it is, from which follows what else differs in it
OWN = {"weights"}  # whether they are averaged is a setting like others, and each job is scored by what it keeps
SHOWN = 4  # protocols, and fields of each, that a sentence names


@final
@dataclass(frozen=True)
class Protocols:
    """The unlike protocols of a sweep's objectives; `places` has the place among them of each job that tells of one."""

    variants: tuple[Fields, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict)

    @property
    def are_unlike(self) -> bool:
        """Whether scores of the sweep must not be compared with others of it."""
        return len(self.variants) > 1

    def parted(self, jobs: Sequence[Job]) -> list[tuple[int, list[Job]]]:
        """Return jobs by the place of their protocol; those that tell of none are with the first that does."""
        usual = next((self.places[job.number] for job in jobs if job.number in self.places), 0)
        parts: dict[int, list[Job]] = {}
        for job in jobs:
            parts.setdefault(self.places.get(job.number, usual), []).append(job)
        return list(parts.items())

    def columns(self, name: str) -> list[str]:
        """Return the heads of a score's columns, one for each protocol."""
        return [f"{name} [{i}]" for i in range(1, len(self.variants) + 1)] if self.are_unlike else [name]


ONE = Protocols()  # where all scores may be compared


def protocols_of(jobs: Sequence[Job], outcomes: Mapping[int, Outcome], objectives: Collection[str]) -> Protocols:
    """Read the protocols of the objectives; raises UserError for a score file that cannot be understood.

    Files without a protocol, as old ones are, tell of none, and so do those that lack an objective.
    """
    variants: dict[str, Fields] = {}
    places: dict[int, int] = {}
    for job in jobs:
        if not objectives or not outcomes[job.number].scores.keys() >= set(objectives):
            continue
        file = read_scores(job.directory / FILE)
        if file.protocol:
            mine = {name: value for name, value in file.meaning(*objectives).items() if name not in OWN}
            variants.setdefault(canonical(mine), mine)
            places[job.number] = list(variants).index(canonical(mine))
    return Protocols(tuple(variants.values()), places)


def numbered(told: Sequence[Mapping[str, str]]) -> str:
    """Return the words for what tells protocols apart, fields by name of each: "[1] samples=50; [2] samples=9"."""
    names = _leading(list(dict.fromkeys(name for each in told for name in each)))
    cut = {name: _cut({each[name] for each in told if name in each}) for name in names[:SHOWN]}
    more = " …" if len(names) > SHOWN else ""
    shown = [" ".join(f"{name}={cut[name][each[name]]}" for name in cut if name in each) for each in told[:SHOWN]]
    clauses = [f"[{number}] {words}{more}" for number, words in enumerate(shown, 1)]
    return "; ".join([*clauses, *([f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else [])])


def _leading(names: Sequence[str]) -> list[str]:
    """Leave out the fields of a part that is another one altogether: features.width, where features.name differs."""
    parts = [name.removesuffix(NAME) for name in names if name.endswith(NAME)]
    return [name for name in names if name.endswith(NAME) or not any(name.startswith(f"{part}.") for part in parts)]


def _cut(texts: Collection[str]) -> dict[str, str]:
    """Cut hashes and other long values, unless they differ where they would be cut off."""
    cut = {each: short(each) for each in texts}
    return cut if len(set(cut.values())) == len(cut) else {each: each for each in texts}
