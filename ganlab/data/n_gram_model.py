"""Sequences drawn by the frequencies of n-grams: what a generator of sequences must beat."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.layers.tokens import BEGIN, END, PADDING, to_one_hot

MAX_ROUNDS = 50  # in which sequences that do not end are drawn again


@final
@dataclass(frozen=True)
class NGramModel:
    """Draws each symbol with its relative frequency after the `order` − 1 symbols before it (Shannon 1948, section 3).

    `contexts` (c,) are the keys of the preceding symbols in ascending order, `firsts` (c + 1,) where their followers
    begin in `followers` (m,), and `totals` (m + 1,) the sums of the followers' counts so far. Nothing is smoothed. A
    sequence that does not end within `length` positions is drawn again, as the data have none; after 50 rounds it is
    cut.
    """

    order: int
    length: int
    size: int
    contexts: Tensor
    firsts: Tensor
    followers: Tensor
    totals: Tensor

    @classmethod
    def of(cls, tokens: Tensor, size: int, order: int) -> "NGramModel":
        """Return the model of sequences (n, length) of an alphabet; raises ValueError if there are none."""
        if not len(tokens):
            raise ValueError("an n-gram model needs at least 1 sequence, got 0")
        tokens = tokens.long()
        keys = torch.stack(list(_context_keys(tokens, size, order)), 1)
        is_symbol = tokens != PADDING
        contexts, numbers = keys[is_symbol].unique(return_inverse=True)
        pairs, counts = (numbers * size + tokens[is_symbol]).unique(return_counts=True)
        firsts = torch.searchsorted(pairs // size, torch.arange(len(contexts) + 1))
        totals = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)]).double()
        return cls(order, tokens.shape[1], size, contexts, firsts, pairs % size, totals)

    def __call__(self, count: int, labels: Tensor | None, random: Random) -> Tensor:
        """Return one-hot rows (count, length, alphabet)."""
        tokens = self._draw(count, random)
        for _ in range(MAX_ROUNDS):
            unfinished = (tokens != END).all(1)
            if not unfinished.any():
                break
            tokens = torch.where(unfinished[:, None], self._draw(count, random), tokens)
        tokens[(tokens != END).all(1), -1] = END
        return to_one_hot(tokens, self.size)

    def _draw(self, count: int, random: Random) -> Tensor:
        """Draw sequences (count, length), some of which may not end."""
        numbers = random.uniform("n_gram", (count, self.length)).double()
        tokens = torch.full((count, self.length), PADDING)
        ended = torch.zeros(count, dtype=torch.bool)
        recent = torch.full((count, self.order - 1), BEGIN)
        for position in range(self.length):
            places = torch.searchsorted(self.contexts, _key(recent, self.size)).clamp_max(len(self.contexts) - 1)
            low, high = self.totals[self.firsts[places]], self.totals[self.firsts[places + 1]]
            drawn = torch.searchsorted(self.totals, low + numbers[:, position] * (high - low), right=True) - 1
            symbols = self.followers[drawn.clamp_max(len(self.followers) - 1)]
            tokens[:, position] = torch.where(ended, PADDING, symbols)
            ended |= tokens[:, position] == END
            recent = torch.cat([recent, symbols[:, None]], 1)[:, 1:]
        return tokens


def _key(recent: Tensor, size: int) -> Tensor:
    """Return one number for each row of symbols (n, k); for very large alphabets it is a hash, since it wraps."""
    key = torch.zeros(len(recent), dtype=torch.int64)
    for column in recent.unbind(1):
        key = key * size + column
    return key


def _context_keys(tokens: Tensor, size: int, order: int) -> list[Tensor]:
    """Return the key (n,) of the symbols before each position of sequences."""
    padded = torch.cat([torch.full((len(tokens), order - 1), BEGIN), tokens], 1)
    return [_key(padded[:, start : start + order - 1], size) for start in range(tokens.shape[1])]
