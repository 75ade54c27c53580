"""Texts above and below a table."""

from ganlab.analysis.comparison.table import Comparison, Table
from ganlab.core.score_text import baseline_lines

SEEDS_LEGEND = "± is half the width of the mean's 95 % confidence interval over n seeds (Student's t)"
CLIPPED_LEGEND = "+ and - are the distances to the ends of that interval if it ends where the score's range does"
CAPTION_FIELDS = {"split": "split", "name": "protocol", "samples": "samples", "features.name": "features"}


def caption(table: Table) -> str:
    """Return the kind of a table's scores, the main fields of their protocol, and the order of the rows."""
    fields = [f"{word}={table.protocol[key]}" for key, word in CAPTION_FIELDS.items() if key in table.protocol]
    protocol = ", ".join(fields) or "protocol unknown"
    better = {True: ", higher is better", False: ", lower is better", None: ""}[table.by.higher_is_better]
    differing = f"; protocols differ in {', '.join(table.fields)}" if table.fields else ""
    line = f"{table.source} ({protocol}){differing}; rows by {table.by.name}{better}"
    shared = " ".join(f"{key}={value}" for key, value in _shared_settings(table).items())
    return f"{line}; all have {shared}" if shared else line


def short_labels(table: Table) -> list[str]:
    """Return the labels of the rows without the settings that all rows share, which the caption lists."""
    shared = _shared_settings(table)
    if not shared:
        return [row.label for row in table.rows]
    return [
        " ".join(f"{key}={value}" for key, value in row.settings.items() if key not in shared) for row in table.rows
    ]


def legend(table: Table) -> list[str]:
    """Return the meaning of the signs that occur in a table's cells."""
    cells = [cell for row in table.rows for cell in row.cells.values()]
    lines = []
    if table.floor:
        numbers = ", ".join(f"{score} {value:.4g}" for score, value in table.floor.items())
        lines.append(f"real samples in place of generated ones: {numbers}")
    lines += baseline_lines(table.baselines)
    if any(cell.over == "seeds" for cell in cells):
        lines.append(SEEDS_LEGEND)
    if any(cell.is_clipped for cell in cells):
        lines.append(CLIPPED_LEGEND)
    if any(cell.over == "run" for cell in cells):
        lines.append("[low, high] is the 95 % interval of one run, without the variation between seeds")
    tested = [row for row in table.rows if row.p is not None]
    if any(row.as_good_as_best for row in tested):
        lines.append(
            f"* not significantly different from the first row in {table.by.name} "
            "(Welch's t-test over seeds, p >= 0.05)"
        )
    elif tested:
        lines.append(
            f"all tested rows are significantly different from the first row in {table.by.name} "
            "(Welch's t-test over seeds, p < 0.05)"
        )
    if len(table.rows) - 1 > len(tested):
        condition = ", and the same protocol" if table.fields else ""
        lines.append(f"a row is tested only if both it and the first row have at least two seeds{condition}")
    return lines


def _shared_settings(table: Table) -> dict[str, str]:
    first, *others = (row.settings for row in table.rows)
    if not others:
        return {}
    return {key: value for key, value in first.items() if all(settings.get(key) == value for settings in others)}


def remarks(comparison: Comparison) -> list[str]:
    """Return the notes on a comparison, and a line for every run that is left out."""
    return [*comparison.notes, *(f"left out: {run.path}: {run.state} {run.reason}" for run in comparison.left_out)]
