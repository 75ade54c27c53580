"""What the networks are given as a row's class: the category of its target, or a category of any column."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.kinds.table import TableKind

CONDITIONS = ("target", "categories")


class RowConditions(ABC):
    """The classes of rows, by number: their names, and the training rows that belong to each.

    `shares` (classes,) are their parts when rows are drawn like training rows, and `labels` (table,) the class of each
    row, or one of its classes. A subclass implements `draw`:

    >>> class OneClass(RowConditions):
    ...     names, labels = ("row",), torch.zeros(4, dtype=torch.int64)
    ...     members, shares = [np.arange(4)], np.ones(1)
    ...
    ...     def draw(self, indices, random):
    ...         return indices, self.labels[indices]
    """

    names: Sequence[str]
    labels: Tensor
    members: Sequence[np.ndarray]  # positions among the training rows
    shares: np.ndarray

    @abstractmethod
    def draw(self, indices: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        """Return the rows of a training batch in place of `indices` (n,), and their classes (n,)."""


@final
class TargetClasses(RowConditions):
    """The categories of the target, `labels` (table,) by `names`; rows are trained on as often as they are there."""

    def __init__(self, names: Sequence[str], labels: Tensor, train: Tensor) -> None:
        self.names, self.labels = tuple(names), labels
        numbers = labels[train].numpy()
        self.members = [np.flatnonzero(numbers == label) for label in range(len(names))]
        self.shares = np.array([len(rows) / len(train) for rows in self.members])

    def draw(self, indices: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        """Return the rows themselves with their classes."""
        return indices, self.labels[indices]


@final
class ColumnCategories(RowConditions):
    """One category of one column, as in CTGAN's conditional vector (Xu et al. 2019, section 4.3).

    The vector is the one-hot of this class among the categories of all columns. Training by sampling: for each row of a
    batch a column is drawn uniformly, a category by the logarithm of 1 + its number of training rows, and a training
    row that has it; so rare categories are seen more often than they are. Raises ValueError if no column is a category.
    """

    def __init__(self, kind: TableKind, values: np.ndarray, train: Tensor) -> None:
        pairs = kind.category_pairs
        if not pairs:
            raise ValueError("condition is categories, but no column is a category; set condition to target")
        self.names = tuple(pair.name for pair in pairs)
        places = np.array([pair.place for pair in pairs])
        belongs = kind.belongs(values)
        self.labels = torch.from_numpy(belongs[:, places == places[0]].argmax(1))
        self._train = train
        self.members = [np.flatnonzero(rows) for rows in belongs[train.numpy()].T]
        counts = np.array([len(rows) for rows in self.members])
        columns = len(np.unique(places))
        self.shares = counts / len(train) / columns
        logarithms = np.log1p(counts)
        sums = np.array([logarithms[places == place].sum() for place in places])
        self.training_shares = logarithms / sums / columns

    def draw(self, indices: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        """Draw a category and a row that has it for each of `indices`, which are ignored."""
        count = len(indices)
        ends = torch.from_numpy(self.training_shares.cumsum())
        labels = torch.searchsorted(ends, random.uniform("data.category", (count,)).double(), right=True)
        labels = labels.clamp_max(int(np.flatnonzero(self.training_shares)[-1]))  # sums are rounded
        places = random.uniform("data.row", (count,)).double().tolist()
        rows = [
            self.members[label][int(place * len(self.members[label]))]
            for label, place in zip(labels.tolist(), places, strict=True)
        ]
        return self._train[torch.tensor(rows, dtype=torch.int64)], labels
