"""`TableDataSet`, the base class of data sets of tables, with or without classes."""

from abc import ABC
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganlab.core.interfaces import EMPTY, Batch
from ganlab.core.random import Random
from ganlab.data.column_types import ColumnTypes
from ganlab.data.dataset import SPLITS, DataSet, DrawSamples, build_spec, check_split
from ganlab.data.readers.text_table import TextTable
from ganlab.data.row_conditions import CONDITIONS, ColumnCategories, RowConditions, TargetClasses
from ganlab.data.splits import seeded_permutation, split_indices
from ganlab.data.table_baselines import table_baselines
from ganlab.kinds import kind_of
from ganlab.kinds.table import TableKind
from ganlab.kinds.table_columns import Column
from ganlab.layers.checks import check_one_of

WORDS = ("training", "validation", "test")
MOST_NAMED = 10  # classes that a summary lists


class TableDataSet(DataSet, ABC):
    """Base class of data sets of tables: float32 rows (width,) of the codes of columns (see `kinds.table_columns`).

    `target` is the column that scores train models to predict; if it has categories, these are the classes of rows,
    which the networks get as their condition if `labels` is true. With `condition` "categories" the condition is
    one category of any column, and the target is a column of the rows (see `ColumnCategories`). Shares of the rows
    are held out, in an order drawn from `split_seed`, with about the same share of each class. Raises ValueError
    for fewer than two training rows, for a target that is no column, has missing values or only one, and what
    `ColumnTypes` raises.

    >>> class Trees(TableDataSet):
    ...     def __init__(self):
    ...         heights = [f"{place / 2:.1f}" for place in range(20)]
    ...         table = TextTable(["height", "leaf"], [heights, ["oval", "round"] * 10])
    ...         super().__init__(table, target="leaf", labels=True)
    >>> data = Trees()
    >>> data.spec.sample, data.spec.classes, data.class_names
    ((1,), 2, ('oval', 'round'))
    >>> data.summary()
    'rows: 16 training, 2 validation, 2 test; columns: 1 number, 1 category; training rows per class: oval 8, round 8'
    """

    def __init__(
        self,
        table: TextTable,
        target: str | None = None,
        labels: bool = False,
        condition: str = "target",
        types: Mapping[str, str] = EMPTY,
        modes: int | str = 1,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        split_seed: int = 0,
    ) -> None:
        texts = _classes_of(table, target, types)
        self._splits = _split(len(table), validation, test, limit, split_seed, texts)
        if len(self._splits["train"]) < 2:
            raise ValueError(
                f"a table needs at least 2 training rows, got {len(self._splits['train'])} of {len(table)}; give it "
                "more rows, or lower validation and test"
            )
        columns = ColumnTypes(types, modes).columns(table, self._splits["train"].numpy())
        self.values = np.stack([each.parse(table.column(each.name)) for each in columns], 1)
        by_target = condition == "target"
        facts: dict[str, Any] = {
            "columns": [each.describe() for each in columns],
            "target": target or "",
            "conditional": labels and by_target,
        }
        kind = TableKind(**facts)
        self._conditions = self._find_conditions(kind, condition, labels, texts is not None)
        if self._conditions is not None:
            self.labels, self.class_names = self._conditions.labels, self._conditions.names
        self.classes_available = len(self.class_names)
        spec = build_spec((kind.width,), labels, self.classes_available)
        self.spec = replace(spec, kind=TableKind.name, facts=facts)
        self._rows = kind.encode(self.values)
        self._columns: Sequence[Column] = columns

    def _find_conditions(
        self, kind: TableKind, condition: str, labels: bool, has_classes: bool
    ) -> RowConditions | None:
        """Return the classes of rows; None if there are none. Raises ValueError if `labels` requires some."""
        train = self._splits["train"]
        if check_one_of("condition", condition, CONDITIONS) == "categories" and labels:
            return ColumnCategories(kind, self.values, train)
        place = kind.target_place
        if place is not None and has_classes:
            names = kind.all_columns[place].format(np.arange(kind.all_columns[place].width))
            return TargetClasses(names, torch.from_numpy(self.values[:, place]).long(), train)
        if labels:
            raise ValueError(
                "labels is true, but there are no classes: set target to the name of a column of categories, condition "
                "to categories for those of all columns, or labels to false"
            )
        return None

    @property
    def table_kind(self) -> TableKind:
        """The kind of data, with its columns."""
        kind = kind_of(self.spec)
        assert isinstance(kind, TableKind)
        return kind

    def split(self, name: str) -> Tensor:
        """Return the row numbers of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather rows with their classes."""
        return Batch(self._rows[indices], None if self.labels is None else self.labels[indices])

    def batch(self, indices: Tensor, random: Random) -> Batch:
        """Return training rows, with their classes, or drawn for classes, if the networks are conditional."""
        if self.spec.cond is None or self._conditions is None:
            return Batch(self._rows[indices])
        rows, labels = self._conditions.draw(indices, random)
        return Batch(self._rows[rows], labels)

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct rows of a split in batches of `chunk`; raises ValueError if the split is empty."""
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} rows: raise data.{split}, or use another split for scores with "
                "protocol.split and protocol.selection_split"
            )
        order = indices[seeded_permutation(len(indices), seed, "reals")]
        return (self.labelled_batch(part, Random()) for part in order[: count or None].split(chunk))

    def drawn_baselines(self) -> Mapping[str, DrawSamples]:
        """Return a normal distribution per class, independent columns, and the training rows themselves."""
        return self._baselines

    @cached_property
    def _baselines(self) -> Mapping[str, DrawSamples]:
        return table_baselines(self.table_kind, self.values[self._splits["train"].numpy()], self._conditions)

    def summary(self) -> str:
        """Return the sizes of the splits, the types of columns, the classes, and remarks on rows and columns."""
        sizes = ", ".join(f"{len(self._splits[split]):,} {word}" for split, word in zip(SPLITS, WORDS, strict=True))
        parts = [f"rows: {sizes}", f"columns: {', '.join(_counted(Counter(each.type for each in self._columns)))}"]
        if missing := int(np.isnan(self.values).sum()):
            parts.append(f"missing values: {missing:,} of {self.values.size:,}")
        if repeated := len(self.values) - len(np.unique(self.values, axis=0)):
            parts.append(f"rows that repeat another one, perhaps of another split: {repeated:,}")
        if self._conditions is not None:
            counts = map(len, self._conditions.members)
            classes = [f"{name} {count:,}" for name, count in zip(self.class_names, counts, strict=True)]
            more = f" and {len(classes) - MOST_NAMED} more" if len(classes) > MOST_NAMED else ""
            parts.append(f"training rows per class: {', '.join(classes[:MOST_NAMED])}{more}")
        return "; ".join(parts)

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256(repr(self.spec).encode() + self.values.tobytes())
        for split in SPLITS:
            result.update(str(len(self._splits[split])).encode() + self._splits[split].numpy().tobytes())
        return result.hexdigest()

    def fingerprint(self) -> str:
        """Hash the columns, the values and the splits; computed once."""
        return self._fingerprint


def _classes_of(table: TextTable, target: str | None, types: Mapping[str, str]) -> list[str] | None:
    """Return the classes of rows if the target has categories, None if it has numbers or there is no target.

    Raises ValueError for a target that cannot be predicted.
    """
    if target is None:
        return None
    if target not in table.names:
        raise ValueError(f"target must be one of the columns {', '.join(table.names)}, got '{target}'")
    texts = list(table.column(target))
    if "" in texts:
        raise ValueError(f"the target '{target}' has no value in {texts.count('')} of {len(texts)} rows; remove these")
    if len(set(texts)) < 2:
        raise ValueError(
            f"the target '{target}' is '{texts[0]}' in every row, so nothing can be predicted; leave it out"
        )
    return texts if ColumnTypes(types, 1).type_of(target, texts) == "category" else None


def _split(
    count: int, validation: float, test: float, limit: int, seed: int, classes: Sequence[str] | None
) -> dict[str, Tensor]:
    """Split rows in an order drawn from the seed."""
    order = seeded_permutation(count, "rows", seed)
    numbers = None
    if classes is not None:
        number_of = {name: number for number, name in enumerate(sorted(set(classes)))}
        numbers = torch.tensor([number_of[name] for name in classes])[order]
    splits = split_indices(count, 0, validation, test, limit, numbers)
    return {name: order[rows] for name, rows in splits.items()}


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    plurals: dict[str, Any] = {"category": "categories"}
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0] != "number")):
        yield f"{count:,} {name if count == 1 else plurals.get(name, f'{name}s')}"
