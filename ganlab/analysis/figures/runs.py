"""The runs that a figure shows, finished or not, grouped over seeds and labelled as `ganlab compare` does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ganlab.analysis.comparison.directories import split_repeated
from ganlab.analysis.comparison.group import Group, describe_repetitions, group_runs, label_groups, select_latest
from ganlab.analysis.comparison.runs import Run, find_run_directories, read_run_config
from ganlab.core.errors import UserError
from ganlab.runs.directory import RunDirectory
from ganlab.runs.directory_search import natural_order


def read_started_runs(paths: Iterable[str | Path]) -> list[Run]:
    """Return the runs below some paths, each once; raises UserError for a path without runs, or damaged settings."""
    runs = []
    directories, waiting = find_run_directories(paths)
    for directory, argument in directories:
        if directory.is_file():
            raise UserError(f"{directory} is not a directory; give run directories, or folders that contain some")
        run = RunDirectory(directory)
        if run.config.exists():
            time = str(run.status().get("time", ""))
            runs.append(Run(directory, read_run_config(run.config), time, argument=argument))
    if waiting and not directories:
        raise UserError(
            "no run has started: " + "; ".join(f"{each.path}: {each.state} {each.reason}" for each in waiting)
        )
    if not runs:
        raise UserError(
            "these directories have no settings to distinguish runs by; give directories with a config.yaml"
        )
    return runs


def group_seeds(runs: Sequence[Run]) -> tuple[list[Group], list[str]]:
    """Return groups with labels, in the order of their first runs, and sentences about repeated seeds."""
    groups = split_repeated(group_runs(sorted(runs, key=lambda run: natural_order(str(run.path)))), _no_scores)
    select_latest(groups, _no_scores)
    label_groups(groups)
    return groups, [sentence for group in groups for sentence in describe_repetitions(group)]


def _no_scores(run: Run) -> None:
    """Compare runs by their settings alone."""
    return


def label_runs(runs: Sequence[Run]) -> dict[Path, str]:
    """Return a label for each run: that of its group, with the seed if the group has several, else with its path."""
    groups = group_runs(runs)
    label_groups(groups)
    labels = {}
    for group in groups:
        seeds = [run.seed for run in group.runs]
        for run in group.runs:
            seed = f" seed={run.seed}" if len(seeds) > 1 else ""
            labels[run.path] = str(run.path) if seeds.count(run.seed) > 1 else f"{group.label}{seed}"
    return labels
