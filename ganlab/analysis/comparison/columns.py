"""Decides which scores share a column: those whose metric has the same settings."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ganlab.analysis.comparison.group import Entry
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.table import Column
from ganlab.core.fields import Fields, canonical_json, differences, differing_fields, format_value, shorten

NAME = ".name"  # suffix of a field that names a component; if it differs, its other fields follow from it
MAX_SCORES = 3  # that a sentence names


def find_columns(
    files: Iterable[ScoreFile], scores: Sequence[str], directions: Mapping[str, bool | None]
) -> list[Column]:
    """Return the columns of some scores, for files that share everything but their metrics' settings."""
    columns = []
    for score in scores:
        variants: dict[str, Fields] = {}
        for file in files:
            if score in file.scores:
                settings = file.metric_settings(score)
                variants.setdefault(canonical_json(settings), settings)
        names = _column_names(score, list(variants.values()))
        better = directions.get(score, False)
        columns += [Column(name, score, fields, better) for name, fields in zip(names, variants.values(), strict=True)]
    return columns


def has_score(column: Column, file: ScoreFile) -> bool:
    """Return whether a file has the score of a column, with the column's settings."""
    return column.score in file.scores and not differing_fields(column.settings, file.metric_settings(column.score))


def has_any_settings(column: Column, file: ScoreFile) -> bool:
    """Return whether a file has the score of a column, with whatever settings of its metric."""
    return column.score in file.scores


def explain_separation(
    scores: Sequence[str], first: Sequence[Entry], second: Sequence[Entry], first_fields: Fields, second_fields: Fields
) -> str:
    """Return a sentence that explains why two sets of entries, with different fields, are not in one column."""
    names = list(scores[:MAX_SCORES])
    if len(scores) > MAX_SCORES:
        names.append(f"{len(scores) - MAX_SCORES} more")
    listed = names[0] if names else "scores"
    if len(names) > 1:
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
    reasons = "; ".join(differences(first_fields, second_fields))
    return f"{listed} of {_name_rows(first, second)} and {_name_rows(second, first)} cannot share a column: {reasons}"


def differing_settings(variants: Sequence[Fields]) -> list[dict[str, str]]:
    """Return for each variant the fields that differ between variants, as text; an empty list if none differ."""
    names = list(dict.fromkeys(name for fields in variants for name in differing_fields(variants[0], fields)))
    if not names:
        return []
    return [{name: format_value(fields[name]) if name in fields else "absent" for name in names} for fields in variants]


def without_implied(names: Sequence[str]) -> list[str]:
    """Remove the fields of a component if its name differs: features.width, if features.name is among the names."""
    components = [name.removesuffix(NAME) for name in names if name.endswith(NAME)]
    return [
        name
        for name in names
        if name.endswith(NAME) or not any(name.startswith(f"{component}.") for component in components)
    ]


def shorten_all(texts: Collection[str]) -> dict[str, str]:
    """Return each text shortened, or all in full if two would become equal."""
    short = {text: shorten(text) for text in texts}
    return short if len(set(short.values())) == len(short) else {text: text for text in texts}


def _name_rows(entries: Sequence[Entry], others: Sequence[Entry]) -> str:
    """Name the first row of `entries`, with its seed if `others` has a row of the same label, else with its path."""
    other_runs = {(entry.group.label, entry.run.seed) for entry in others}
    other_labels = {label for label, _ in other_runs}
    rows = {
        (entry.group.label, entry.run.seed if entry.group.label in other_labels else None): entry for entry in entries
    }
    group, run = entries[0].group, entries[0].run
    name = group.short_label
    if group.label in other_labels:
        name += f" seed {run.seed}"
    if (group.label, run.seed) in other_runs:
        name += f" in {run.path}"
    return name + (f" (and {len(rows) - 1} more)" if len(rows) > 1 else "")


def _column_names(score: str, variants: list[Fields]) -> list[str]:
    """Name the columns of a score by the settings that differ between them: kid [subsets=50]."""
    differing = differing_settings(variants)
    if not differing:
        return [score] * len(variants)
    names = []
    for settings in differing:
        words = [f"{name.split('.')[-1]}={value}" for name, value in settings.items()]
        names.append(f"{score} [{' '.join(words)}]")
    return names
