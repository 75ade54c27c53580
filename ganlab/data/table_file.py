"""Your own table: a csv or parquet file."""

from collections.abc import Mapping, Sequence
from typing import final

from ganlab.core.interfaces import EMPTY
from ganlab.data.column_types import ColumnTypes
from ganlab.data.readers.text_table import MISSING, read_table
from ganlab.data.table import TableDataSet


@final
class TableFile(TableDataSet):
    """The table in a csv, which may be gzipped, or parquet file at `path`, without the columns `exclude`.

    The texts `missing` are missing values. Raises ValueError for a file that is no table, for a column of `exclude`
    that there is not, and what `TableDataSet` raises.
    """

    def __init__(
        self,
        path: str,
        target: str | None = None,
        labels: bool = False,
        condition: str = "target",
        types: Mapping[str, str] = EMPTY,
        exclude: Sequence[str] = (),
        missing: Sequence[str] = MISSING,
        modes: int | str = "auto",
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        split_seed: int = 0,
    ) -> None:
        ColumnTypes(types, modes)  # before a large file is read
        table = read_table(path, missing)
        if unknown := [name for name in exclude if name not in table.names]:
            raise ValueError(f"exclude names the column '{unknown[0]}', but the columns are {', '.join(table.names)}")
        super().__init__(
            table.without(exclude),
            target,
            labels,
            condition,
            types,
            modes,
            validation,
            test,
            limit,
            split_seed=split_seed,
        )
