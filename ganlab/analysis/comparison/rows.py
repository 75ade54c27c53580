"""Builds one table: entries under one protocol become rows, best first, each tested against the first row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ganlab.analysis.comparison.columns import explain_separation, find_columns, has_score
from ganlab.analysis.comparison.group import Entry, select_latest_entries
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.statistics import welch
from ganlab.analysis.comparison.table import Cell, Column, Row, Table, Value, sort_key
from ganlab.core.score_range import UNBOUNDED

SIGNIFICANCE = 0.05
NO_FIELDS: Mapping[str, str] = MappingProxyType({})


def tabulate(
    entries: Sequence[Entry], scores: Sequence[str], by: str, directions: Mapping[str, bool | None]
) -> tuple[Table, list[str]]:
    """Return the table of entries that share everything but their metrics' settings, and notes on split scores.

    Every entry has at least one of the scores. A score whose metric has several settings gets several columns and a
    note for each further one.
    """
    columns = find_columns([entry.file for entry in entries], scores, directions)
    # the first column is used if no entry has `by`
    candidates = [column for column in columns if column.score == by] or columns[:1]
    by_column = max(candidates, key=lambda column: sum(has_score(column, entry.file) for entry in entries))
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        groups.setdefault((id(entry.group), entry.earlier_step), []).append(entry)
    rows = [build_row(row_entries, columns) for row_entries in groups.values()]
    rows.sort(key=lambda row: sort_key(row, by_column))
    rows = test_rows(rows, by_column)
    kinds = " and ".join(dict.fromkeys(entry.kind for entry in entries))
    table = Table(
        kinds,
        entries[0].file.protocol_fields,
        tuple(columns),
        tuple(rows),
        by_column,
        known_floor(entries, columns),
        known_baselines(entries, columns),
    )
    return table, _explain_columns(columns, entries)


def known_floor(entries: Sequence[Entry], columns: Sequence[Column]) -> dict[str, float]:
    """Return the scores of real samples, which are the same in all files of one protocol that have them."""
    known = {score: value for entry in reversed(entries) for score, value in entry.file.floor.items()}
    return {column.score: known[column.score] for column in columns if column.score in known}


def known_baselines(entries: Sequence[Entry], columns: Sequence[Column]) -> dict[str, dict[str, float]]:
    """Return the scores of the data's baselines by name, which are the same in all files of one protocol."""
    known: dict[str, dict[str, float]] = {}
    for entry in reversed(entries):
        for name, scores in entry.file.baselines.items():
            known.setdefault(name, {}).update(scores)
    shown = [column.score for column in columns]
    return {name: {score: scores[score] for score in shown if score in scores} for name, scores in known.items()}


def build_row(
    entries: Sequence[Entry],
    columns: Sequence[Column],
    has: Callable[[Column, ScoreFile], bool] = has_score,
    protocol: Mapping[str, str] = NO_FIELDS,
) -> Row:
    """Return the row of entries that share their group and `earlier_step`, which then is a setting of the row.

    `has` decides whether a file has the score of a column, and `protocol` has the row's texts in the field columns.
    """
    group, step = entries[0].group, entries[0].earlier_step
    ranges = {score: bounds for entry in reversed(entries) for score, bounds in entry.file.ranges.items()}
    cells = {}
    for column in columns:
        scored = select_latest_entries([entry for entry in entries if has(column, entry.file)])
        if scored:
            cells[column.name] = Cell.from_values(
                tuple(_value(entry, column.score) for entry in scored), ranges.get(column.score, UNBOUNDED)
            )
    paths, seeds = tuple(str(entry.run.path) for entry in entries), tuple(entry.run.seed for entry in entries)
    extra = {} if step is None else {"step": str(step)}
    label = " ".join([group.label, *(f"{key}={value}" for key, value in extra.items())])
    return Row(label, group.settings | extra, paths, seeds, cells, protocol=dict(protocol))


def _value(entry: Entry, score: str) -> Value:
    return Value(entry.file.scores[score], entry.run.seed, str(entry.run.path), entry.file.intervals.get(score))


def test_rows(rows: Sequence[Row], by: Column) -> list[Row]:
    """Return rows with their p-values against the first one."""
    return [*rows[:1], *(_test_against_best(row, rows[0], by) for row in rows[1:])]


def _test_against_best(row: Row, best: Row, by: Column) -> Row:
    """Return the row with its p-value, if both rows have at least two seeds."""
    cell, best_cell = row.cells.get(by.name), best.cells.get(by.name)
    if not cell or not best_cell or min(len(cell.values), len(best_cell.values)) < 2:
        return row
    p = welch(cell.numbers, best_cell.numbers)
    return replace(row, p=p, as_good_as_best=p >= SIGNIFICANCE and by.higher_is_better is not None)


def _explain_columns(columns: Sequence[Column], entries: Sequence[Entry]) -> list[str]:
    """Return a sentence for each column after the first one of the same score."""
    sentences = []
    first_columns: dict[str, Column] = {}
    for column in columns:
        first = first_columns.setdefault(column.score, column)
        if column is not first:
            first_entries, other_entries = (
                [entry for entry in entries if has_score(variant, entry.file)] for variant in (first, column)
            )
            sentences.append(
                explain_separation([column.score], first_entries, other_entries, first.settings, column.settings)
            )
    return sentences
