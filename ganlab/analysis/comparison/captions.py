"""What is said above and below a table."""

from ganlab.analysis.comparison.table import Comparison, Table

CAPTION = {"split": "split", "name": "protocol", "samples": "samples", "features.name": "features"}


def caption(table: Table) -> str:
    """Return the kind of a table's scores, the main fields of their protocol, and the order of rows."""
    told = ", ".join(f"{word}={table.protocol[key]}" for key, word in CAPTION.items() if key in table.protocol)
    better = {True: ", higher is better", False: ", lower is better", None: ""}[table.by.higher_is_better]
    line = f"{table.source} ({told or 'protocol unknown'}); rows by {table.by.name}{better}"
    shared = " ".join(f"{key}={value}" for key, value in _shared(table).items())
    return f"{line}; all have {shared}" if shared else line


def short_labels(table: Table) -> list[str]:
    """Return the labels of rows without what is the same in all of them, which the caption tells."""
    shared = _shared(table)
    return [
        " ".join(f"{key}={value}" for key, value in row.settings.items() if key not in shared) if shared else row.label
        for row in table.rows
    ]


def legend(table: Table) -> list[str]:
    """Return what the signs in a table's cells mean, for the signs that it has."""
    cells = [cell for row in table.rows for cell in row.cells.values()]
    lines = []
    if any(cell.over == "seeds" for cell in cells):
        lines.append("± is half of the mean's 95 % interval over n seeds (Student's t)")
    if any(cell.over == "run" for cell in cells):
        lines.append("[low, high] is the 95 % interval of one run, which says nothing of other seeds")
    tested = [row for row in table.rows if row.p is not None]
    if any(row.as_good_as_best for row in tested):
        lines.append(f"* is not told from the first row by its {table.by.name} (Welch's t-test over seeds, p >= 0.05)")
    elif tested:
        lines.append(f"all rows tested differ from the first in {table.by.name} (Welch's t-test over seeds, p < 0.05)")
    if len(table.rows) - 1 > len(tested):
        lines.append("rows are not tested against the first where either has but one seed")
    return lines


def _shared(table: Table) -> dict[str, str]:
    first, *others = (row.settings for row in table.rows)
    if not others:
        return {}
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in others)}


def remarks(comparison: Comparison) -> list[str]:
    """Return the sentences about a comparison, and a line for every run that is left out."""
    lines = list(comparison.notes)
    return lines + [f"left out: {each.path}: {each.state} {each.reason}" for each in comparison.left_out]
