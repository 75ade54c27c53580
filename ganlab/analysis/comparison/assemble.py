"""From paths to tables: read the runs, group them by configuration, and part them by protocol."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress
from pathlib import Path

from ganlab.analysis.comparison.columns import cannot_share
from ganlab.analysis.comparison.group import Entry, grouped, keep_latest, label, repetitions
from ganlab.analysis.comparison.rows import tabulate
from ganlab.analysis.comparison.runs import Run, SkippedRun, read
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.source import choose, named
from ganlab.analysis.comparison.table import Comparison, Table
from ganlab.core.errors import UserError, suggest
from ganlab.core.fields import canonical


def compare(
    paths: str | Path | Iterable[str | Path],
    by: str | None = None,
    protocol: str | None = None,
    scores: Sequence[str] = (),
) -> Comparison:
    """Compare the runs below some paths, which are directories or score files.

    Rows are ordered by the score `by`, or else by what the runs were optimised for; `protocol` names the report scores
    to read, and `scores` the columns to show. Raises UserError where there is nothing to compare, for files that cannot
    be understood, and for scores and protocols that no run has.
    """
    runs, left_out = read([paths] if isinstance(paths, str | Path) else paths)
    if not runs:
        raise _nothing(left_out)
    source, notes = (named(runs, protocol), []) if protocol else choose(_latest(runs))
    runs, lacking = source.split(runs)
    files = [file for run in runs if (file := source.of(run))]
    wanted, by = _wanted(runs, files, by, scores)
    useful = [not file.scores.keys().isdisjoint(wanted) for file in files]
    without = [run for run, has in zip(runs, useful, strict=True) if not has]
    left_out += [*lacking, *(SkippedRun(str(run.path), "finished", f"without {', '.join(wanted)}") for run in without)]
    groups = grouped(list(compress(runs, useful)))
    keep_latest(groups, source.of)
    label(groups)
    entries = [
        Entry(group, run, file, source.words(run)) for group in groups for run in group.runs if (file := source.of(run))
    ]
    tables, sentences = _tables(entries, wanted, by)
    notes += [*sentences, *(sentence for group in groups for sentence in repetitions(group))]
    return Comparison(tuple(tables), tuple(notes), tuple(left_out))


def _latest(runs: Sequence[Run]) -> list[Run]:
    groups = grouped(runs)
    keep_latest(groups, lambda run: run.selection)
    return [run for group in groups for run in group.runs]


def _nothing(left_out: Sequence[SkippedRun]) -> UserError:
    reasons = "; ".join(f"{each.path}: {each.state} {each.reason}" for each in left_out[:5])
    more = f"; and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return UserError(f"there is nothing to compare: {reasons}{more}")


def _wanted(
    runs: Sequence[Run], files: Sequence[ScoreFile], by: str | None, scores: Sequence[str]
) -> tuple[list[str], str]:
    """Return the scores to show and the one to order by; raises UserError for those that no file has."""
    known = list(dict.fromkeys(name for file in files for name in file.scores))
    for name in [*scores, *([by] if by else [])]:
        if name not in known:
            raise UserError(
                f"there is no score '{name}' in these runs; choose {', '.join(known)}{suggest(name, known)}"
            )
    if not by:
        optimised = Counter(str((run.config or {}).get("optimized_metric")) for run in runs)
        by = next((name for name, _ in optimised.most_common() if name in (scores or known)), (scores or known)[0])
    shown = list(dict.fromkeys(scores or [by, *known]))
    return (shown if by in shown else [by, *shown]), by


def _tables(entries: Sequence[Entry], scores: Sequence[str], by: str) -> tuple[list[Table], list[str]]:
    directions = {k: v for entry in reversed(entries) for k, v in entry.file.higher_is_better.items()}
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(canonical(entry.file.base), []).append(entry)
    largest_first = sorted(parts.values(), key=len, reverse=True)
    made = [tabulate(part, scores, by, directions) for part in largest_first]
    sentences = [_apart(largest_first[0], part) for part in largest_first[1:]]
    sentences += [sentence for _, mine in made for sentence in mine]
    tables = [table for table, _ in made]
    shown = list(dict.fromkeys(column.score for table in tables for column in table.columns))
    return tables, [*sentences, *_directions(shown, directions, [table.by.score for table in tables])]


def _apart(first: Sequence[Entry], second: Sequence[Entry]) -> str:
    """Say why two tables are two."""
    there = [dict.fromkeys(name for entry in part for name in entry.file.scores) for part in (first, second)]
    shared = [name for name in there[0] if name in there[1]]
    return cannot_share(shared, first, second, first[0].file.base, second[0].file.base)


def _directions(shown: Sequence[str], directions: dict[str, bool | None], by: Sequence[str]) -> list[str]:
    unknown = [name for name in shown if name not in directions]
    neither = [name for name in dict.fromkeys(by) if directions.get(name, False) is None]
    sentences = [f"no file says whether higher is better for {', '.join(unknown)}; lower is taken for better"]
    sentences += [f"{name} has no better end; rows go from the lowest" for name in neither]
    return sentences if unknown else sentences[1:]
