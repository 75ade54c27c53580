"""A recurrent generator of sequences of symbols."""

from typing import final

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_recurrent_stack
from ganlab.layers.checks import check_at_least
from ganlab.layers.sequence_generator import SequenceGenerator


@final
class Recurrent(SequenceGenerator):
    """Recurrent layers that read the latest symbol and predict the next (Mikolov et al. 2010; Cho et al. 2014).

    Raises ValueError for a setting out of range, and what `SequenceGenerator` raises.
    """

    def __init__(
        self,
        spec: Spec,
        width: int = 256,
        layers: int = 1,
        embedding: int = 64,
        dropout: float = 0.0,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(spec, temperature)
        check_at_least("embedding", embedding, 1)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")
        self.embed = nn.Linear(self.shape.size, embedding, bias=False)
        self.cells = build_recurrent_stack("gru", embedding, width, layers)
        self.dropout, self.output = nn.Dropout(dropout), nn.Linear(width, self.shape.size)

    def start(self, count: int) -> list[Tensor | None]:
        """Return no states, for which the layers have zeros."""
        return [None] * len(self.cells)

    def advance(self, rows: Tensor, state: list[Tensor | None]) -> tuple[Tensor, list[Tensor | None]]:
        """Read one symbol with every layer."""
        values, states = self.dropout(self.embed(rows))[:, None], list[Tensor | None]()
        for cell, before in zip(self.cells, state, strict=True):
            values = cell(values, before)
            states.append(values[:, 0])
        return self.output(self.dropout(values[:, 0])), states

    def predict(self, rows: Tensor) -> Tensor:
        """Read whole sequences with one layer after another."""
        logits: Tensor = self.output(self.dropout(self.cells(self.dropout(self.embed(rows)))))
        return logits
