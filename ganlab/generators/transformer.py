"""A transformer generator of sequences of symbols."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.checks import check_at_least
from ganlab.layers.sequence_generator import SequenceGenerator


@final
class Transformer(SequenceGenerator):
    """A transformer decoder with normalisation before its layers (Vaswani et al. 2017; Radford et al. 2019).

    In sampling, the keys and values of former positions are kept, so a symbol is read once. Positions have learnt
    vectors. Raises ValueError for a setting out of range, a width that the heads do not divide, and what
    `SequenceGenerator` raises.
    """

    def __init__(
        self,
        spec: Spec,
        width: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.0,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(spec, temperature)
        for name, value in (("width", width), ("layers", layers), ("heads", heads)):
            check_at_least(name, value, 1)
        if width % heads:
            raise ValueError(f"width must be a multiple of heads={heads}, got {width}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")
        self.embed = nn.Linear(self.shape.size, width, bias=False)
        self.positions = nn.Parameter(0.02 * torch.randn(self.shape.length, width))
        self.blocks = nn.ModuleList(_Block(width, heads, dropout) for _ in range(layers))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, self.shape.size)

    def start(self, count: int) -> list[Tensor | None]:
        """Return no keys and values."""
        return [None] * len(self.blocks)

    def advance(self, rows: Tensor, state: list[Tensor | None]) -> tuple[Tensor, list[Tensor | None]]:
        """Read one symbol, with the keys and values of those before it."""
        position = 0 if state[0] is None else state[0].shape[3]
        logits, state = self._read(rows[:, None], position, state)
        return logits[:, 0], state

    def predict(self, rows: Tensor) -> Tensor:
        """Read whole sequences at once; no position reads a later one."""
        return self._read(rows, 0, self.start(len(rows)))[0]

    def _read(self, rows: Tensor, first: int, state: list[Tensor | None]) -> tuple[Tensor, list[Tensor | None]]:
        """Return logits of rows (n, m, alphabet) from position `first` on, and all keys and values so far."""
        values, known = self.embed(rows) + self.positions[first : first + rows.shape[1]], list[Tensor | None]()
        for block, before in zip(self.blocks, state, strict=True):
            values, kept = block(values, before)
            known.append(kept)
        return self.output(self.norm(values)), known


@final
class _Block(nn.Module):
    """Causal self-attention and two dense layers, each added to its input."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.attention_norm, self.dense_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, values: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map (n, m, width) to the same shape; keys and values (2, n, heads, length, size) end with those of `values`.

        `before` are those of former positions, for a single new one.
        """
        queries, *new = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.inputs(self.attention_norm(values)).chunk(3, 2)
        )
        known = torch.stack(new) if before is None else torch.cat([before, torch.stack(new)], 3)
        read = functional.scaled_dot_product_attention(queries, known[0], known[1], is_causal=before is None)
        values = values + self.dropout(self.mix(read.transpose(1, 2).flatten(2)))
        return values + self.dropout(self.dense(self.dense_norm(values))), known
