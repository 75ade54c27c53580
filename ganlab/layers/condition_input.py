"""Base class of the layers through which a condition enters a network."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class ConditionInput(nn.Module, ABC):
    """Computes a network's input from its values and the condition, to which it appends `width` entries per value."""

    width = 0

    @abstractmethod
    def forward(self, values: Tensor, cond: Tensor | None) -> Tensor:
        """Return the network's input for `values` (n, …) and conditions (n, …)."""
