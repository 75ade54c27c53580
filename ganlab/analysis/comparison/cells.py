"""The columns of a table as texts: fields of the protocol, then scores."""

from ganlab.analysis.comparison.numbers import format_cell
from ganlab.analysis.comparison.table import Row, Table

AS_GOOD = " *"  # after the score of a row that is not significantly different from the first one


def heads(table: Table) -> list[str]:
    """Return the names of the columns."""
    return [*table.fields, *(column.name for column in table.columns)]


def cells(table: Table, row: Row) -> list[str]:
    """Return the texts of a row in the columns."""
    texts = [format_cell(row.cells.get(column.name), row.n) for column in table.columns]
    if row.as_good_as_best:
        texts[table.columns.index(table.by)] += AS_GOOD
    return [*(row.protocol[name] for name in table.fields), *texts]
