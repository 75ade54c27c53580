"""Lines of text as a table of symbols' numbers, and the alphabet that the training lines determine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.data.readers.text_lines import LeftOut, Line, check_level, count_reasons, find_split
from ganlab.kinds.text import UNKNOWN
from ganlab.layers.tokens import END, PADDING, SPECIAL

UNKNOWN_CHOICES = ("drop", "symbol")


@final
@dataclass(frozen=True)
class Alphabet:
    """How lines become symbols: the level, the largest number of symbols, and what becomes of others.

    `length` is the largest number of symbols of a line, 0 for that of the longest line. `symbols` keeps only the most
    frequent ones, 0 all. With `unknown` drop, a line with another symbol is left out; with symbol, one symbol stands
    for all others. Raises ValueError for a setting out of range.
    """

    level: str = "character"
    length: int = 0
    symbols: int = 0
    unknown: str = "drop"

    def __post_init__(self) -> None:
        check_level(self.level)
        for name, value in (("length", self.length), ("symbols", self.symbols)):
            if value < 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        if self.unknown not in UNKNOWN_CHOICES:
            raise ValueError(f"unknown must be one of {', '.join(UNKNOWN_CHOICES)}, got {self.unknown!r}")


@final
@dataclass(frozen=True)
class TextTable:
    """Numbers of symbols (lines, length), of which `symbols` have those from 3 on; and which lines it holds.

    A row ends with the number of the end, and padding follows. `kept` (lines,) is false for lines that `left_out` says
    were left out; their rows are padding.
    """

    tokens: Tensor
    symbols: Sequence[str]
    kept: Tensor
    left_out: Sequence[LeftOut]

    @classmethod
    def of(cls, lines: Sequence[Line], training: Tensor, alphabet: Alphabet) -> "TextTable":
        """Return the table of lines; their rows `training` (n,) determine the alphabet."""
        rows = training.tolist()
        split = find_split(alphabet.level, [lines[row].text for row in rows], alphabet.symbols)
        parts = [split(line.text) for line in lines]
        symbols = _find_symbols([parts[row] for row in rows], alphabet)
        numbers = {symbol: SPECIAL + number for number, symbol in enumerate(symbols)}
        longest = min(alphabet.length or max(map(len, parts)), max(map(len, parts)))
        tokens = torch.full((len(lines), longest + 1), PADDING, dtype=torch.int32)
        out, kept = list[tuple[str, str]](), torch.zeros(len(lines), dtype=torch.bool)
        for row, (line, line_parts) in enumerate(zip(lines, parts, strict=True)):
            encoded = _encode(line_parts, numbers, longest)
            if isinstance(encoded, str):
                out.append((encoded, line.place))
            else:
                tokens[row, : len(encoded)] = torch.tensor(encoded, dtype=torch.int32)
                kept[row] = True
        return cls(tokens, symbols, kept, count_reasons(out))


def _find_symbols(parts: Sequence[Sequence[str]], alphabet: Alphabet) -> list[str]:
    """Return the most frequent symbols, sorted, and then that of unknown ones, if there is one."""
    counts = Counter(symbol for line in parts for symbol in line)
    by_count = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    known = sorted(set(by_count[: alphabet.symbols or None]) - {UNKNOWN})
    return [*known, UNKNOWN] if alphabet.unknown == "symbol" else known


def _encode(parts: Sequence[str], numbers: Mapping[str, int], longest: int) -> list[int] | str:
    """Return the numbers of a line's symbols and the end, or why the line is left out."""
    if len(parts) > longest:
        return f"of more than {longest:,} symbols"
    encoded = [numbers.get(symbol, numbers.get(UNKNOWN, PADDING)) for symbol in parts]
    return "with symbols that are not in the alphabet" if PADDING in encoded else [*encoded, END]
