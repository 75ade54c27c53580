"""Maxout units: the largest of several linear functions."""

from typing import final

from torch import Tensor, nn


@final
class Maxout(nn.Module):
    """A dense layer (n, inputs) → (n, width) whose outputs are the maxima of `pieces` linear functions each.

    Goodfellow et al. 2013, "Maxout Networks", section 2.
    """

    def __init__(self, inputs: int, width: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, width * pieces)

    def forward(self, values: Tensor) -> Tensor:
        """Return the units' values."""
        return (
            self.linear(values).unflatten(1, (-1, self.pieces)).max(2).values
        )  # whose gradient takes a seventh of amax's
