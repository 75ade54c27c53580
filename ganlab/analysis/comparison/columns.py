"""Which scores share a column: those whose metric has the same settings."""

from collections.abc import Iterable, Mapping, Sequence

from ganlab.analysis.comparison.group import Entry
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.table import Column
from ganlab.core.fields import Fields, canonical, differences, text, unlike


def columns(files: Iterable[ScoreFile], scores: Sequence[str], directions: Mapping[str, bool | None]) -> list[Column]:
    """Return the columns for some scores of files that share all but their metrics."""
    found = []
    for score in scores:
        variants: dict[str, Fields] = {}
        for file in files:
            if score in file.scores:
                settings = file.settings(score)
                variants.setdefault(canonical(settings), settings)
        names = _names(score, list(variants.values()))
        better = directions.get(score, False)
        found += [Column(name, score, fields, better) for name, fields in zip(names, variants.values(), strict=True)]
    return found


def holds(column: Column, file: ScoreFile) -> bool:
    """Tell whether a file has the score of a column, under its settings."""
    return column.score in file.scores and not unlike(column.settings, file.settings(column.score))


def cannot_share(
    scores: Sequence[str], first: Sequence[Entry], second: Sequence[Entry], one: Fields, other: Fields
) -> str:
    """Return the sentence that says why entries with some fields, and others with other fields, are kept apart."""
    named = [*scores[:3], *([f"{len(scores) - 3} more"] if len(scores) > 3 else [])] or ["scores"]
    what = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    fields = "; ".join(differences(one, other))
    return f"{what} of {_some(first, second)} and {_some(second, first)} cannot share a column: {fields}"


def telling(variants: Sequence[Fields]) -> list[dict[str, str]]:
    """Return of each variant the fields in which they differ, with their values as text; nothing where all are one."""
    names = list(dict.fromkeys(name for fields in variants for name in unlike(variants[0], fields)))
    shown = [{name: text(fields[name]) if name in fields else "absent" for name in names} for fields in variants]
    return shown if names else []


def _some(entries: Sequence[Entry], others: Sequence[Entry]) -> str:
    """Name the first row; where it is on both sides, the seed tells, and where that is, too, the place."""
    there = {(e.group.label, e.run.seed) for e in others}
    both = {label for label, _ in there}
    rows = {(e.group.label, e.run.seed if e.group.label in both else None): e for e in entries}
    first, run = entries[0].group, entries[0].run
    named = first.short + (f" seed {run.seed}" if first.label in both else "")
    named += f" in {run.path}" if (first.label, run.seed) in there else ""
    return named + (f" (and {len(rows) - 1} more)" if len(rows) > 1 else "")


def _names(score: str, variants: list[Fields]) -> list[str]:
    """Name the columns of a score by the settings that tell them apart: kid [subsets=50]."""
    told = telling(variants)
    if not told:
        return [score] * len(variants)
    words = [[f"{name.split('.')[-1]}={shown}" for name, shown in each.items()] for each in told]
    return [f"{score} [{' '.join(each)}]" for each in words]
