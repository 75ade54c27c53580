"""Renders a comparison as text: for a terminal, as Markdown, LaTeX, CSV or JSON."""

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
from ganlab.analysis.comparison.cells import cells, heads
from ganlab.analysis.comparison.latex import as_latex
from ganlab.analysis.comparison.table import Comparison, Table

WIDTH = 100  # characters, if there is no terminal
GAP = "  "
CSV_FIELDS = ("table", "label", "score", "n", "mean", "std", "low", "high", "interval", "p", "as_good_as_best")


def as_table(comparison: Comparison, width: int | None = None) -> str:
    """Return aligned plain text that fits the terminal, or a width in characters; wide tables are split into blocks."""
    width = width or shutil.get_terminal_size((WIDTH, 0)).columns
    blocks = []
    for table in comparison.tables:
        notes = [_wrap(line, "", width) for line in legend(table)]
        lines = [_wrap(caption(table), "", width), *_align(table, width), "", *notes]
        blocks.append("\n".join(lines).rstrip())
    notes = [_wrap(line, "", width) for line in remarks(comparison)]
    if notes:
        blocks.append("\n".join(notes))
    return "\n\n".join(blocks) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """Return a pipe table for each protocol."""
    parts = []
    for table in comparison.tables:
        head = ["", "n", *heads(table)]
        rows = [head, ["---"] * len(head)]
        for label, row in zip(short_labels(table), table.rows, strict=True):
            rows.append([label, str(row.n), *cells(table, row)])
        lines = ["| " + " | ".join(text.replace("|", "\\|").replace("*", "\\*") for text in row) + " |" for row in rows]
        parts += [caption(table), "\n".join(lines), _bullets(legend(table))]
    parts.append(_bullets(remarks(comparison)))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_csv(comparison: Comparison) -> str:
    """Return one line for each row and score; tables, one for each protocol, are numbered from 1.

    The fields in which the protocols of one table differ are further columns.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = list(dict.fromkeys(name for table in comparison.tables for name in table.fields))
    writer.writerow([*CSV_FIELDS, *fields])
    for number, table in enumerate(comparison.tables, 1):
        for row in table.rows:
            for name, cell in row.cells.items():
                test = (row.p, row.as_good_as_best) if name == table.by.name else (None, None)
                numbers = (len(cell.values), cell.mean, cell.std, cell.low, cell.high)
                writer.writerow(
                    (number, row.label, name, *numbers, cell.over, *test, *(row.protocol.get(key) for key in fields))
                )
    return text.getvalue()


def as_json(comparison: Comparison) -> str:
    """Return all data, including the values and paths of every seed; a number that is not finite is null."""
    return json.dumps(_replace_nonfinite(asdict(comparison)), indent=2, ensure_ascii=False, default=str) + "\n"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "table": as_table,
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
    "json": as_json,
}


def _align(table: Table, width: int) -> list[str]:
    """Return the lines of a table; if labels are too long for one line, they are listed below it by number."""
    grid = [heads(table), *(cells(table, row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    counts = ["n", *(str(row.n) for row in table.rows)]
    labels = short_labels(table)
    digits = max(map(len, counts))
    used = digits + 2 * len(GAP)
    numbered = max(map(len, labels)) > width - used - max(widths)
    starts, below = ["", *labels], []
    if numbered:
        starts = ["", *map(str, range(1, len(labels) + 1))]
        below = [_wrap(label, f"{number}{GAP}", width) for number, label in enumerate(labels, 1)]
    head_width = max(map(len, starts))
    blocks = []
    for columns in _split_columns(widths, width - head_width - used):
        texts = [[line[column].ljust(widths[column]) for column in columns] for line in grid]
        lines = zip(starts, counts, texts, strict=True)
        blocks.append(
            [GAP.join([start.ljust(head_width), n.rjust(digits), *line]).rstrip() for start, n, line in lines]
        )
    return [line for block in [*blocks, below] if block for line in ["", *block]]


def _wrap(text: str, start: str, width: int) -> str:
    """Wrap text after `start`, with further lines indented."""
    indent = " " * max(2, len(start))
    return textwrap.fill(
        text, width, initial_indent=start, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _split_columns(widths: Sequence[int], available: int) -> list[list[int]]:
    """Split column indices into blocks that fit the available width, or have a single column."""
    blocks: list[list[int]] = [[]]
    for column, width in enumerate(widths):
        if blocks[-1] and sum(widths[other] + len(GAP) for other in blocks[-1]) + width > available:
            blocks.append([])
        blocks[-1].append(column)
    return blocks


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line.replace('*', chr(92) + '*')}" for line in lines)


def _replace_nonfinite(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _replace_nonfinite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_replace_nonfinite(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
