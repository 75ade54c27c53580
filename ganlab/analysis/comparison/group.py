"""Groups runs by configuration, with each seed once under each protocol."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from ganlab.analysis.comparison.runs import Run
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.core.fields import canonical_json
from ganlab.runs.config_differences import label_differences, training_configs

MAX_LABEL = 60  # characters of a label within a sentence


@final
@dataclass
class Group:
    """Runs that differ only in their seed; a score file is a group by itself, without a training configuration."""

    training_config: dict[str, Any] | None
    runs: list[Run]
    label: str = ""
    settings: dict[str, str] = field(default_factory=dict)  # that differ from other groups
    repeated: list[list[Run]] = field(default_factory=list)  # runs of one seed under one protocol
    directory: str = ""  # that distinguishes it from a group with the same settings

    @property
    def short_label(self) -> str:
        """The label for use in sentences, shortened after a setting."""
        start = self.label[:MAX_LABEL].rpartition(" ")[0]
        return f"{start} …" if start and len(self.label) > MAX_LABEL else self.label


@final
@dataclass(frozen=True)
class Entry:
    """A run, its group, the file that its scores are read from, and the kind of those scores."""

    group: Group
    run: Run
    file: ScoreFile
    kind: str

    @property
    def earlier_step(self) -> int | None:
        """The step that was scored, if it was the run's last one at that time but the run has been continued since."""
        step, steps = self.file.step, self.run.steps
        is_earlier = self.file.is_of_last_checkpoint and step is not None and steps is not None and step < steps
        return step if is_earlier else None


def group_runs(runs: Sequence[Run]) -> list[Group]:
    """Return groups in the order of their first runs, without labels."""
    trained = [run for run in runs if run.config is not None]
    configs = training_configs([run.config or {} for run in trained])
    config_of = {run.path: config for run, config in zip(trained, configs, strict=True)}
    groups: dict[str, Group] = {}
    for run in runs:
        config = config_of.get(run.path)
        key = str(run.path) if config is None else canonical_json(config)
        groups.setdefault(key, Group(config, [])).runs.append(run)
    return list(groups.values())


def label_groups(groups: Sequence[Group]) -> None:
    """Label groups by the settings that differ; a single one gets the name of its experiment, a score file its path.

    Groups with the same settings are labelled by their directories.
    """
    trained = [group for group in groups if group.training_config is not None]
    differences = label_differences([group.training_config or {} for group in trained])
    for group, settings in zip(trained, differences, strict=True):
        group.settings = settings | ({"directory": group.directory} if group.directory else {})
        group.label = " ".join(f"{key}={value}" for key, value in group.settings.items())
        if group.directory and not settings:
            group.label = group.directory
    for group in groups:
        first = group.runs[0]
        group.label = group.label or str((first.config or {}).get("name") or first.path)


def select_latest(groups: Sequence[Group], file_of: Callable[[Run], ScoreFile | None]) -> None:
    """Reduce each group to the latest run of every seed under each protocol; record the repeated runs."""
    for group in groups:
        seeds: dict[object, list[Run]] = {}
        for run in group.runs:
            seeds.setdefault(run.path if run.seed is None else run.seed, []).append(run)
        parts = [part for runs in seeds.values() for part in _split_by_protocol(runs, file_of)]
        group.runs = sorted(map(_latest, parts), key=lambda run: (run.seed is None, run.seed))
        group.repeated = [runs for runs in parts if len(runs) > 1]


def select_latest_entries(entries: Sequence[Entry]) -> list[Entry]:
    """Return the latest entry of every seed; a seed may have several runs that were scored by different metrics."""
    latest: dict[object, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.run.time, reverse=True):
        latest.setdefault(entry.run.path if entry.run.seed is None else entry.run.seed, entry)
    paths = {entry.run.path for entry in latest.values()}
    return [entry for entry in entries if entry.run.path in paths]


def _split_by_protocol(runs: Sequence[Run], file_of: Callable[[Run], ScoreFile | None]) -> list[list[Run]]:
    """Split runs by the protocol of their files; a run without a file fits any part."""
    parts: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.time, reverse=True):
        file = file_of(run)
        for part in parts:
            part_file = file_of(part[0])
            if file is None or part_file is None or file.is_comparable(part_file):
                part.append(run)
                break
        else:
            parts.append([run])
    positions = {run.path: position for position, run in enumerate(runs)}
    ordered = [sorted(part, key=lambda run: positions[run.path]) for part in parts]
    return sorted(ordered, key=lambda part: positions[part[0].path])


def _latest(runs: Sequence[Run]) -> Run:
    return max(runs, key=lambda run: run.time)


def describe_repetitions(group: Group) -> list[str]:
    """Return a sentence for each seed that occurs more than once."""
    return [
        f"seed {runs[0].seed} of {group.short_label} occurs {len(runs)} times, in "
        f"{', '.join(str(run.path) for run in runs)}; the latest is used, {_latest(runs).path}"
        for runs in group.repeated
    ]
