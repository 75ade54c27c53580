"""One table of runs under unlike protocols: the fields in which the protocols differ are columns."""

from collections.abc import Mapping, Sequence

from ganlab.analysis.comparison.columns import has_any_settings, shorten_all, without_implied
from ganlab.analysis.comparison.group import Entry
from ganlab.analysis.comparison.rows import build_row, known_baselines, known_floor, test_rows
from ganlab.analysis.comparison.table import Column, Row, Table, sort_key
from ganlab.core.fields import Fields, differing_fields, format_value

NO_FIELD = "-"


def tabulate_together(
    entries: Sequence[Entry], scores: Sequence[str], by: str, directions: Mapping[str, bool | None]
) -> Table:
    """Return a table of all entries; only rows under the protocol of the first row are tested against it."""
    known = [score for score in scores if any(score in entry.file.scores for entry in entries)]
    texts = _field_texts(entries, known)
    columns = [Column(score, score, {}, directions.get(score, False)) for score in known]
    by_column = next((column for column in columns if column.score == by), columns[0])
    groups: dict[object, list[int]] = {}
    for number, entry in enumerate(entries):
        groups.setdefault((id(entry.group), entry.earlier_step, tuple(texts[number].items())), []).append(number)
    rows = [
        build_row([entries[number] for number in numbers], columns, has_any_settings, texts[numbers[0]])
        for numbers in groups.values()
    ]
    rows.sort(key=lambda row: sort_key(row, by_column))
    comparable = test_rows([row for row in rows if _has_same_protocol(row, rows[0])], by_column)
    others = iter(comparable)
    rows = [next(others) if _has_same_protocol(row, rows[0]) else row for row in rows]
    kinds = " and ".join(dict.fromkeys(entry.kind for entry in entries))
    fields = tuple(texts[0])
    floor, baselines = ({}, {}) if fields else (known_floor(entries, columns), known_baselines(entries, columns))
    return Table(kinds, _shared_fields(entries), tuple(columns), tuple(rows), by_column, floor, baselines, fields)


def _has_same_protocol(row: Row, first: Row) -> bool:
    return row.protocol == first.protocol


def _field_texts(entries: Sequence[Entry], scores: Sequence[str]) -> list[dict[str, str]]:
    """Return for each entry the fields that differ between protocols, or between the settings of a score's metric."""
    fields: list[Fields] = [dict(entry.file.protocol_fields) for entry in entries]
    names = _differing(fields)
    for score in scores:
        settings = [entry.file.metric_settings(score) for entry in entries if score in entry.file.scores]
        names += _differing(settings)
    for entry, values in zip(entries, fields, strict=True):
        for score in scores:
            if score in entry.file.scores:
                values.update(entry.file.metric_settings(score))
    names = without_implied(list(dict.fromkeys(names)))
    written = [{name: format_value(values[name]) for name in names if name in values} for values in fields]
    short = {name: shorten_all({values[name] for values in written if name in values}) for name in names}
    return [{name: short[name][values[name]] if name in values else NO_FIELD for name in names} for values in written]


def _differing(variants: Sequence[Fields]) -> list[str]:
    return [name for fields in variants for name in differing_fields(variants[0], fields)]


def _shared_fields(entries: Sequence[Entry]) -> Fields:
    first, *others = (entry.file.protocol_fields for entry in entries)
    differing = {name for fields in others for name in differing_fields(first, fields)}
    return {name: value for name, value in first.items() if name not in differing}
