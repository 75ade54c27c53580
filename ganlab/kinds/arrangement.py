"""The arrangement of samples in rows: by class if their classes are known."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.kinds.base import Sheet

MAX_CLASS_ROWS = 24  # a sheet of more classes has a caption below each sample instead of one row per class


@final
@dataclass(frozen=True)
class Arrangement:
    """Rows of sample indices, the name of each row, and the caption of each sample; texts may be empty.

    `fact` says in the first line of the sheet how the samples are ordered.
    """

    rows: list[list[int]]
    names: list[str]
    captions: dict[int, str]
    fact: str = ""

    @property
    def columns(self) -> int:
        """The length of the longest row."""
        return max(map(len, self.rows))

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Yield the row, the column and the index of every sample."""
        for row, indices in enumerate(self.rows):
            for column, index in enumerate(indices):
                yield row, column, index


def arrange(sheet: Sheet) -> Arrangement:
    """Return the rows of a sheet, which must have samples: one or more rows per class, or about a square.

    If the sheet has columns, the rows are filled in the order of the samples, and named if they hold one class; if a
    row holds several, each sample has its class below it.
    """
    if sheet.columns:
        return _in_order(sheet, sheet.columns)
    if sheet.labels is None:
        return _in_order(sheet, math.ceil(math.sqrt(len(sheet))))
    labels = sheet.labels.tolist()
    shown = sorted(set(labels))
    if len(shown) > MAX_CLASS_ROWS or len(labels) < 2 * len(shown):
        order = sorted(range(len(labels)), key=labels.__getitem__)  # stable
        captions = {index: sheet.class_name(labels[index]) for index in order}
        rows = _chunks(order, math.ceil(math.sqrt(len(order))))
        return Arrangement(rows, [""] * len(rows), captions, "ordered by class" if len(shown) > 1 else "")
    return _by_class(sheet, labels, shown)


def spread_labels(classes: int, count: int, most: int) -> Tensor:
    """Return at most `count` labels in order, the same number of each class, of at most `most` classes at equal steps.

    At least one label is returned.
    """
    shown = max(1, min(classes, most, count))
    chosen = torch.arange(shown) * classes // shown
    return chosen.repeat_interleave(max(1, count // shown))


def _by_class(sheet: Sheet, labels: list[int], shown: list[int]) -> Arrangement:
    members = {label: [index for index, other in enumerate(labels) if other == label] for label in shown}
    longest = max(map(len, members.values()))
    columns = longest if longest <= 2 * math.sqrt(len(labels)) else math.ceil(math.sqrt(len(labels)))
    rows, names = [], []
    for label, indices in members.items():
        parts = _chunks(indices, columns)
        rows += parts
        names += [sheet.class_name(label), *[""] * (len(parts) - 1)]
    fact = "one row per class" if len(rows) == len(shown) else "ordered by class"
    return Arrangement(rows, names, {}, fact if len(shown) > 1 else "")


def _in_order(sheet: Sheet, columns: int) -> Arrangement:
    rows = _chunks(range(len(sheet)), columns)
    names = [""] * len(rows)
    if sheet.labels is not None:
        classes = [{int(sheet.labels[index]) for index in row} for row in rows]
        if all(len(labels) == 1 for labels in classes):
            names = [sheet.class_name(*labels) for labels in classes]
        elif not sheet.captions:
            return Arrangement(rows, names, dict(enumerate(map(sheet.class_name, sheet.labels.tolist()))))
    return Arrangement(rows, names, dict(enumerate(sheet.captions)))


def _chunks(indices: Sequence[int], size: int) -> list[list[int]]:
    return [list(indices[start : start + size]) for start in range(0, len(indices), size)]
