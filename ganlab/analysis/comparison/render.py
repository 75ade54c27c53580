"""A comparison as text: for a terminal, as Markdown, CSV or JSON."""

import csv
import io
import json
import math
import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ganlab.analysis.comparison.captions import caption, legend, remarks, short_labels
from ganlab.analysis.comparison.numbers import cell_text
from ganlab.analysis.comparison.table import Comparison, Row, Table

WIDTH = 100  # where there is no terminal
GAP = "  "
CSV_FIELDS = ("table", "label", "score", "n", "mean", "std", "low", "high", "interval", "p", "as_good_as_best")


def as_table(comparison: Comparison, width: int | None = None) -> str:
    """Return aligned plain text that fits the terminal, or a width in characters; columns go on below others."""
    width = width or shutil.get_terminal_size((WIDTH, 0)).columns
    blocks = []
    for table in comparison.tables:
        notes = [_hanging(each, "", width) for each in legend(table)]
        lines = [_hanging(caption(table), "", width), *_aligned(table, width), "", *notes]
        blocks.append("\n".join(lines).rstrip())
    notes = [_hanging(each, "", width) for each in remarks(comparison)]
    return "\n\n".join([*blocks, "\n".join(notes)] if notes else blocks) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """Return a pipe table for each protocol."""
    parts = []
    for table in comparison.tables:
        head = ["", "n", *(column.name for column in table.columns)]
        rows = [head, ["---"] * len(head)]
        for label, row in zip(short_labels(table), table.rows, strict=True):
            rows.append([label, str(row.n), *_cells(table, row)])
        lines = ["| " + " | ".join(each.replace("|", "\\|").replace("*", "\\*") for each in row) + " |" for row in rows]
        parts += [caption(table), "\n".join(lines), _bullets(legend(table))]
    return "\n\n".join(part for part in [*parts, _bullets(remarks(comparison))] if part) + "\n"


def as_csv(comparison: Comparison) -> str:
    """Return one line for each row and score; tables of unlike protocols have unlike numbers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_FIELDS)
    for number, table in enumerate(comparison.tables, 1):
        for row in table.rows:
            for name, cell in row.cells.items():
                test = (row.p, row.as_good_as_best) if name == table.by.name else (None, None)
                numbers = (len(cell.values), cell.mean, cell.std, cell.low, cell.high)
                writer.writerow((number, row.label, name, *numbers, cell.over, *test))
    return text.getvalue()


def as_json(comparison: Comparison) -> str:
    """Return everything, the values of every seed and their paths too; a number that is not finite is null."""
    return json.dumps(_finite(asdict(comparison)), indent=2, ensure_ascii=False, default=str) + "\n"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "table": as_table,
    "csv": as_csv,
    "markdown": as_markdown,
    "json": as_json,
}


def _cells(table: Table, row: Row) -> list[str]:
    texts = [cell_text(row.cells.get(column.name), row.n) for column in table.columns]
    if row.as_good_as_best:
        place = table.columns.index(table.by)
        texts[place] += " *"
    return texts


def _aligned(table: Table, width: int) -> list[str]:
    """Return the lines of a table; labels too long for one line come below it, by number."""
    grid = [[column.name for column in table.columns], *(_cells(table, row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    counts = ["n", *(str(row.n) for row in table.rows)]
    labels = short_labels(table)
    digits = max(map(len, counts))
    taken = digits + 2 * len(GAP)
    long = max(map(len, labels)) > width - taken - max(widths)
    below = [_hanging(label, f"{i}{GAP}", width) for i, label in enumerate(labels, 1)] if long else []
    heads = ["", *(map(str, range(1, len(labels) + 1)) if long else labels)]
    first = max(map(len, heads))
    blocks = []
    for places in _blocks(widths, width - first - taken):
        shown = [[cells[place].ljust(widths[place]) for place in places] for cells in grid]
        rows = zip(heads, counts, shown, strict=True)
        blocks.append([GAP.join([head.ljust(first), n.rjust(digits), *cells]).rstrip() for head, n, cells in rows])
    return [line for block in [*blocks, below] if block for line in ["", *block]]


def _hanging(text: str, start: str, width: int) -> str:
    rest = " " * max(2, len(start))
    return textwrap.fill(
        text, width, initial_indent=start, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Part columns so that each part fits, or has a single column."""
    blocks: list[list[int]] = [[]]
    for place, width in enumerate(widths):
        if blocks[-1] and sum(widths[each] + len(GAP) for each in blocks[-1]) + width > room:
            blocks.append([])
        blocks[-1].append(place)
    return blocks


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line.replace('*', chr(92) + '*')}" for line in lines)


def _finite(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _finite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_finite(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
