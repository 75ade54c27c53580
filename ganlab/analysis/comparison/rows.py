"""One table: entries under one protocol become rows, best first, with what cannot be told from the best."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ganlab.analysis.comparison.columns import cannot_share, columns, holds
from ganlab.analysis.comparison.group import Entry, Group, latest_of_seeds
from ganlab.analysis.comparison.statistics import welch
from ganlab.analysis.comparison.table import Cell, Column, Row, Table, Value, order

SIGNIFICANCE = 0.05


def tabulate(
    entries: Sequence[Entry], scores: Sequence[str], by: str, directions: Mapping[str, bool | None]
) -> tuple[Table, list[str]]:
    """Return the table of entries that share all but their metrics, and a sentence for each score in two columns.

    Every entry has at least one of the scores.
    """
    found = columns([entry.file for entry in entries], scores, directions)
    # where no entry has `by`, the first column orders
    candidates = [column for column in found if column.score == by] or found[:1]
    first = max(candidates, key=lambda column: sum(holds(column, entry.file) for entry in entries))
    groups = {id(entry.group): entry.group for entry in entries}
    rows = [_row(group, [entry for entry in entries if entry.group is group], found) for group in groups.values()]
    rows.sort(key=lambda row: order(row, first))
    rows[1:] = [_tested(row, rows[0], first) for row in rows[1:]]
    kinds = " and ".join(dict.fromkeys(entry.kind for entry in entries))
    return Table(kinds, entries[0].file.base, tuple(found), tuple(rows), first), _parted(found, entries)


def _row(group: Group, entries: Sequence[Entry], found: Sequence[Column]) -> Row:
    cells = {}
    for column in found:
        holding = latest_of_seeds([entry for entry in entries if holds(column, entry.file)])
        if holding:
            cells[column.name] = Cell.of(tuple(_value(entry, column.score) for entry in holding))
    paths, seeds = tuple(str(entry.run.path) for entry in entries), tuple(entry.run.seed for entry in entries)
    return Row(group.label, group.settings, paths, seeds, cells)


def _value(entry: Entry, score: str) -> Value:
    return Value(entry.file.scores[score], entry.run.seed, str(entry.run.path), entry.file.intervals.get(score))


def _tested(row: Row, best: Row, by: Column) -> Row:
    mine, its = row.cells.get(by.name), best.cells.get(by.name)
    if not mine or not its or min(len(mine.values), len(its.values)) < 2:
        return row
    p = welch(mine.numbers, its.numbers)
    return replace(row, p=p, as_good_as_best=p >= SIGNIFICANCE and by.higher_is_better is not None)


def _parted(found: Sequence[Column], entries: Sequence[Entry]) -> list[str]:
    """Return a sentence for each column whose score has another column before it."""
    sentences = []
    for column in found:
        first = next(each for each in found if each.score == column.score)
        if column is not first:
            one, other = ([entry for entry in entries if holds(each, entry.file)] for each in (first, column))
            sentences.append(cannot_share([column.score], one, other, first.settings, column.settings))
    return sentences
