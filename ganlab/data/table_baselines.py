"""What a generator of tables must beat: rows drawn from the training rows without a network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.data.dataset import DrawSamples
from ganlab.data.row_conditions import RowConditions
from ganlab.kinds.table import TableKind


class TableBaseline(ABC):
    """Draws rows like the training rows, whose values are (n, columns), with their conditions if there are some.

    Classes that are not given are drawn by their shares. A subclass implements `draw_values`:

    >>> class FirstRow(TableBaseline):
    ...     def draw_values(self, classes, random):
    ...         return self.values[:1].repeat(len(classes), 0)
    """

    def __init__(self, kind: TableKind, values: np.ndarray, conditions: RowConditions | None) -> None:
        self.kind, self.values = kind, values
        self.members = [np.arange(len(values))] if conditions is None else conditions.members
        self.shares = torch.from_numpy(np.ones(1) if conditions is None else conditions.shares)

    def __call__(self, count: int, labels: Tensor | None, random: Random) -> Tensor:
        """Return rows (count, width) in network coordinates."""
        if labels is None:
            labels = torch.searchsorted(self.shares.cumsum(0), random.uniform("class", (count,)).double())
            labels = labels.clamp_max(len(self.shares) - 1)  # sums are rounded
        return self.kind.encode(self.draw_values(labels.cpu().numpy(), random))

    @abstractmethod
    def draw_values(self, classes: np.ndarray, random: Random) -> np.ndarray:
        """Return values (n, columns) for classes (n,)."""


@final
class ClassGaussian(TableBaseline):
    """A normal distribution per class, of the features of all columns, with all of their correlations."""

    def draw_values(self, classes: np.ndarray, random: Random) -> np.ndarray:
        """Draw features, and round them to values."""
        features = self.kind.features(self.values)
        noise = random.normal("noise", (len(classes), features.shape[1])).double().numpy()
        drawn = np.empty_like(noise)
        for label in np.unique(classes):
            members = features[self.members[label]]
            centred = (members - members.mean(0)) / max(len(members) - 1, 1) ** 0.5
            _, scales, axes = np.linalg.svd(centred, full_matrices=False)
            rows = classes == label
            drawn[rows] = members.mean(0) + noise[rows][:, : len(scales)] * scales @ axes
        return _values_of(self.kind, drawn)


@final
class IndependentColumns(TableBaseline):
    """Values of each column drawn from it alone, whatever the other columns and the class are."""

    def draw_values(self, classes: np.ndarray, random: Random) -> np.ndarray:
        """Draw a row for each column of each row."""
        rows = random.integers("rows", len(self.values), (len(classes), self.values.shape[1])).numpy()
        return self.values[rows, np.arange(self.values.shape[1])]


@final
class Bootstrap(TableBaseline):
    """Training rows of the class, drawn with replacement: what copying scores."""

    def draw_values(self, classes: np.ndarray, random: Random) -> np.ndarray:
        """Draw rows."""
        places = random.uniform("rows", (len(classes),)).double().numpy()
        drawn = np.empty(len(classes), int)
        for label in np.unique(classes):
            members = self.members[label]
            rows = classes == label
            drawn[rows] = members[(places[rows] * len(members)).astype(int)]
        return self.values[drawn]


def table_baselines(kind: TableKind, values: np.ndarray, conditions: RowConditions | None) -> Mapping[str, DrawSamples]:
    """Return the baselines for the values of training rows by name."""
    named: Mapping[str, type[TableBaseline]] = {
        "gaussian": ClassGaussian,
        "independent_columns": IndependentColumns,
        "bootstrap": Bootstrap,
    }
    return {name: make(kind, values, conditions) for name, make in named.items()}


def _values_of(kind: TableKind, features: np.ndarray) -> np.ndarray:
    values = np.full((len(features), len(kind.all_columns)), np.nan)
    start = 0
    for place, column in kind.coded_places:
        width = column.to_features(np.zeros(1)).shape[1]
        values[:, place] = column.from_features(features[:, start : start + width])
        start += width
    return values
