"""The columns of tables as numbers."""

from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.kinds import kind_of
from ganlab.kinds.table import TableKind


@final
class TableColumns(Features):
    """Rows as files have them, in numbers: standardised numbers and dates, one-hots divided by √2 of categories.

    Two rows that differ in one category, or by a standard deviation in one number, are at distance 1. A missing number
    is 0 and has a second feature, 1. Means and deviations are those of the training rows. A class that is the networks'
    condition is no feature. Raises ValueError for data of another kind.
    """

    name = "table"

    def __init__(self, data: Source) -> None:
        kind = kind_of(data.spec)
        if not isinstance(kind, TableKind):
            raise ValueError(
                f"features=table reads rows of tables, but the data has {kind.plural}; choose features=identity"
            )
        self.table = kind
        super().__init__(nn.Identity(), self._numbers(torch.zeros(1, kind.width)).shape[1])

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Decode rows and return the features of their values."""
        return FeatureBatch(self._numbers(samples).to(samples.device))

    def describe(self) -> dict[str, Any]:
        """Return the name, the width and the columns."""
        return {
            "name": self.name,
            "weights": None,
            "resize": None,
            "resolution": None,
            "width": self.width,
            "columns": [column.describe() for column in self.table.coded_columns],
        }

    def _numbers(self, samples: Tensor) -> Tensor:
        return torch.from_numpy(self.table.features(self.table.decode(samples))).float()
