"""Builds tables from paths: reads the runs, groups them by configuration and separates them by protocol."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ganlab.analysis.comparison.columns import explain_separation
from ganlab.analysis.comparison.directories import name_by_directory, split_repeated
from ganlab.analysis.comparison.earlier_steps import describe_earlier_steps
from ganlab.analysis.comparison.group import Entry, Group, describe_repetitions, group_runs, label_groups, select_latest
from ganlab.analysis.comparison.initial_weights import describe_initial_weights
from ganlab.analysis.comparison.rows import tabulate
from ganlab.analysis.comparison.runs import Run, SkippedRun, read_runs
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.source import Source, choose_source, find_source
from ganlab.analysis.comparison.table import Comparison, Table
from ganlab.analysis.comparison.together import tabulate_together
from ganlab.core.errors import UserError, suggest
from ganlab.core.fields import canonical_json

Scored: TypeAlias = tuple[Run, Source]
Arranged: TypeAlias = tuple[list[Table], list[str]]
MAX_REASONS = 5  # in an error message


def compare(
    paths: str | Path | Iterable[str | Path],
    by: str | None = None,
    protocol: str | None = None,
    scores: Sequence[str] = (),
    protocols: str = "separate",
) -> Comparison:
    """Compare the runs below some paths, which are directories or score files.

    Rows are sorted by the score `by`, by default the one that the runs were optimised for. `protocol` names the report
    scores to read, several with commas between them, and `scores` the columns to show. `protocols` is "separate" for a
    table of each protocol, or "together" for one table, in which the fields that differ between protocols are columns.
    Raises UserError if there is nothing to compare, if a file is damaged, and if no run has a requested score or
    protocol.
    """
    runs, left_out = read_runs([paths] if isinstance(paths, str | Path) else paths)
    if not runs:
        raise _nothing_to_compare(left_out)
    sources, notes = _choose_sources(runs, protocol)
    scored: list[Scored] = []
    for source in sources:
        with_scores, without_scores = source.split(runs)
        left_out += without_scores
        # a score file that is compared without a run is read once
        scored += [(run, source) for run in with_scores if not run.single_file or source is sources[0]]
    files = [file for run, source in scored if (file := source.score_file(run))]
    columns, by = _choose_scores([run for run, _ in scored], files, by, scores)
    selected = []
    for (run, source), file in zip(scored, files, strict=True):
        if file.scores.keys().isdisjoint(columns):
            left_out.append(SkippedRun(str(run.path), "finished", f"without {', '.join(columns)}"))
        else:
            selected.append((run, source))
    entries, repetitions = _build_entries(selected)
    tables, table_notes = ARRANGEMENTS[protocols](entries, columns, by)
    notes += [
        *table_notes,
        *describe_earlier_steps(entries),
        *describe_initial_weights(entries),
        *repetitions,
    ]
    return Comparison(tuple(tables), tuple(notes), tuple(left_out))


def _choose_sources(runs: Sequence[Run], protocol: str | None) -> tuple[list[Source], list[str]]:
    """Return the sources of the named protocols, or the default one, and notes on that choice."""
    if protocol:
        return [find_source(runs, name) for name in dict.fromkeys(protocol.split(","))], []
    source, notes = choose_source(_latest_runs(runs))
    return [source], notes


def _build_entries(scored: Sequence[Scored]) -> tuple[list[Entry], list[str]]:
    """Return the entries of runs and the sources of their scores, and sentences about repeated seeds."""
    source_of = {run.path: source for run, source in reversed(scored)}
    runs = list({run.path: run for run, _ in scored}.values())
    groups = split_repeated(group_runs(runs), lambda run: source_of[run.path].score_file(run))
    parts: list[tuple[Group, Group, Source]] = []
    for source in dict.fromkeys(source for _, source in scored):
        members = {run.path for run, other in scored if other is source}
        for group in groups:
            part = replace(group, runs=[run for run in group.runs if run.path in members])
            if part.runs:
                select_latest([part], source.score_file)
                parts.append((group, part, source))
    for group, part, _ in reversed(parts):
        group.runs = part.runs
    label_groups(groups)
    entries = []
    for group, part, source in parts:
        part.label, part.settings = group.label, group.settings
        entries += [Entry(part, run, file, source.kind(run)) for run in part.runs if (file := source.score_file(run))]
    notes = [sentence for _, part, _ in parts for sentence in describe_repetitions(part)]
    return entries, list(dict.fromkeys(notes))


def _latest_runs(runs: Sequence[Run]) -> list[Run]:
    groups = group_runs(runs)
    select_latest(groups, lambda run: run.selection)
    return [run for group in groups for run in group.runs]


def _nothing_to_compare(left_out: Sequence[SkippedRun]) -> UserError:
    reasons = "; ".join(f"{run.path}: {run.state} {run.reason}" for run in left_out[:MAX_REASONS])
    more = f"; and {len(left_out) - MAX_REASONS} more" if len(left_out) > MAX_REASONS else ""
    return UserError(f"there is nothing to compare: {reasons}{more}")


def _choose_scores(
    runs: Sequence[Run], files: Sequence[ScoreFile], by: str | None, scores: Sequence[str]
) -> tuple[list[str], str]:
    """Return the scores to show and the one to sort by; raises UserError if no file has a requested score."""
    known = list(dict.fromkeys(name for file in files for name in file.scores))
    requested = [*scores, by] if by else scores
    for name in requested:
        if name not in known:
            raise UserError(
                f"there is no score '{name}' in these runs; choose {', '.join(known)}{suggest(name, known)}"
            )
    if not by:
        optimised = Counter(str((run.config or {}).get("optimized_metric")) for run in runs)
        by = next((name for name, _ in optimised.most_common() if name in (scores or known)), (scores or known)[0])
    columns = list(dict.fromkeys(scores or [by, *known]))
    return (columns if by in columns else [by, *columns]), by


def _together(entries: Sequence[Entry], scores: Sequence[str], by: str) -> Arranged:
    """Return one table, and sentences about it."""
    directions = _directions(entries)
    table = tabulate_together(entries, scores, by, directions)
    return [table], _direction_notes([column.score for column in table.columns], directions, [table.by.score])


def _separate(entries: Sequence[Entry], scores: Sequence[str], by: str) -> Arranged:
    """Return a table for each protocol, the largest first, and sentences about them."""
    directions = _directions(entries)
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(canonical_json(entry.file.protocol_fields), []).append(entry)
    largest_first = sorted(parts.values(), key=len, reverse=True)
    notes = [_explain_two_tables(largest_first[0], part) for part in largest_first[1:]]
    tables = []
    for part in largest_first:
        table, table_notes = tabulate(part, scores, by, directions)
        tables.append(table)
        notes += table_notes
    columns = list(dict.fromkeys(column.score for table in tables for column in table.columns))
    notes += _direction_notes(columns, directions, [table.by.score for table in tables])
    return name_by_directory(tables), notes


ARRANGEMENTS: dict[str, Callable[[Sequence[Entry], Sequence[str], str], Arranged]] = {
    "separate": _separate,
    "together": _together,
}


def _directions(entries: Sequence[Entry]) -> dict[str, bool | None]:
    return {k: v for entry in reversed(entries) for k, v in entry.file.higher_is_better.items()}


def _explain_two_tables(first: Sequence[Entry], second: Sequence[Entry]) -> str:
    first_scores, second_scores = (
        dict.fromkeys(name for entry in part for name in entry.file.scores) for part in (first, second)
    )
    shared = [name for name in first_scores if name in second_scores]
    return explain_separation(shared, first, second, first[0].file.protocol_fields, second[0].file.protocol_fields)


def _direction_notes(scores: Sequence[str], directions: dict[str, bool | None], by: Sequence[str]) -> list[str]:
    notes = []
    if unknown := [name for name in scores if name not in directions]:
        notes.append(f"no file states whether higher is better for {', '.join(unknown)}; lower is assumed to be better")
    for name in dict.fromkeys(by):
        if directions.get(name, False) is None:
            notes.append(f"{name} has no direction (higher or lower is better); rows are sorted from low to high")
    return notes
