"""Runs of one configuration, each seed once under each protocol."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from ganlab.analysis.comparison.runs import Run
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.core.fields import canonical
from ganlab.runs.config_differences import labels, training_configs

LONGEST = 60  # characters of a label within a sentence


@final
@dataclass
class Group:
    """Runs that differ in nothing but their seed; a score file is a group of its own, without an essence."""

    essence: dict[str, Any] | None
    runs: list[Run]
    label: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    repeated: list[list[Run]] = field(default_factory=list)  # runs of one seed, scored alike

    @property
    def short(self) -> str:
        """The label as sentences have it, cut between settings."""
        start = self.label[:LONGEST].rpartition(" ")[0]
        return f"{start} …" if start and len(self.label) > LONGEST else self.label


@final
@dataclass(frozen=True)
class Entry:
    """A run in its group, and the file its scores are read from, which are of some kind."""

    group: Group
    run: Run
    file: ScoreFile
    kind: str


def grouped(runs: Sequence[Run]) -> list[Group]:
    """Return groups in the order of their first runs, not yet labelled."""
    trained = [run for run in runs if run.config is not None]
    groups: dict[str, Group] = {}
    decisive = dict(
        zip((run.path for run in trained), training_configs([run.config or {} for run in trained]), strict=True)
    )
    for run in runs:
        essence = decisive.get(run.path)
        key = str(run.path) if essence is None else canonical(essence)
        groups.setdefault(key, Group(essence, [])).runs.append(run)
    return list(groups.values())


def label(groups: Sequence[Group]) -> None:
    """Name groups by what differs between them; one alone has the name of its experiment, a score file its path."""
    trained = [group for group in groups if group.essence is not None]
    for group, settings in zip(trained, labels([group.essence or {} for group in trained]), strict=True):
        group.settings = settings
        group.label = " ".join(f"{key}={shown}" for key, shown in settings.items())
    for group in groups:
        first = group.runs[0]
        group.label = group.label or str((first.config or {}).get("name") or first.path)


def keep_latest(groups: Sequence[Group], file_of: Callable[[Run], ScoreFile | None]) -> None:
    """Keep the latest run of every seed, and of runs whose files have unlike protocols the latest under each."""
    for group in groups:
        seeds: dict[object, list[Run]] = {}
        for run in group.runs:
            seeds.setdefault(run.path if run.seed is None else run.seed, []).append(run)
        parts = [part for runs in seeds.values() for part in _alike(runs, file_of)]
        group.runs = sorted(map(_latest, parts), key=lambda run: (run.seed is None, run.seed))
        group.repeated = [runs for runs in parts if len(runs) > 1]


def latest_of_seeds(entries: Sequence[Entry]) -> list[Entry]:
    """Return the latest entry of every seed: one run may be there twice, for the sake of another score."""
    found: dict[object, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.run.time, reverse=True):
        found.setdefault(entry.run.path if entry.run.seed is None else entry.run.seed, entry)
    kept = {entry.run.path for entry in found.values()}
    return [entry for entry in entries if entry.run.path in kept]


def _alike(runs: Sequence[Run], file_of: Callable[[Run], ScoreFile | None]) -> list[list[Run]]:
    """Part runs by the protocol of their files; one without a file is like any other."""
    parts: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.time, reverse=True):
        mine = file_of(run)
        for part in parts:
            its = file_of(part[0])
            if mine is None or its is None or mine.is_like(its):
                part.append(run)
                break
        else:
            parts.append([run])
    places = {run.path: place for place, run in enumerate(runs)}
    ordered = [sorted(part, key=lambda run: places[run.path]) for part in parts]
    return sorted(ordered, key=lambda part: places[part[0].path])


def _latest(runs: Sequence[Run]) -> Run:
    return max(runs, key=lambda run: run.time)


def repetitions(group: Group) -> list[str]:
    """Return a sentence for each seed that came more than once."""
    return [
        f"seed {runs[0].seed} of {group.short} came {len(runs)} times, in {', '.join(str(run.path) for run in runs)}; "
        f"the latest counts, {_latest(runs).path}"
        for runs in group.repeated
    ]
