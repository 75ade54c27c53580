"""Texts: what they are as one-hot rows, on sheets and in files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.short_texts import decode, encode, spec_of

from ganlab.kinds import Sheet, kind_of
from ganlab.kinds.text import TextKind
from ganlab.layers.tokens import to_one_hot


def test_texts_are_read_from_rows_and_written_one_a_line(tmp_path: Path) -> None:
    kind = kind_of(spec_of(6))
    samples = encode("abc", "", "cabba")
    assert kind.texts(samples) == ["abc", "", "cabba"] == decode(samples)
    kind.write(samples, tmp_path)
    assert (tmp_path / "texts.txt").read_text() == "abc\n\ncabba\n"


@pytest.mark.parametrize(("level", "text"), [("word", "to be"), ("bpe", "to be")])
def test_symbols_are_joined_as_their_level_says(level: str, text: str) -> None:
    symbols = {"word": ("be", "to"), "bpe": ("▁be", "▁to")}[level]
    rows = to_one_hot(torch.tensor([[4, 3, 2, 0]]), 5)
    assert TextKind(symbols, level).texts(rows) == [text]


def test_short_texts_are_drawn_in_columns_and_long_ones_below_each_other() -> None:
    kind = kind_of(spec_of(6))
    short = kind.draw(Sheet(encode(*["ab"] * 60)))
    long = kind_of(spec_of(100)).draw(Sheet(encode(*["abc" * 30] * 60, length=100)))
    assert short.width == long.width == 800
    assert short.height < long.height / 3
    assert np.asarray(short.convert("L")).min() < 100  # there is ink


def test_characters_without_a_glyph_are_squares_and_empty_texts_are_drawn() -> None:
    kind = TextKind(("\U0001fae8", "□"), "character")
    drawn = [kind.draw(Sheet(to_one_hot(torch.tensor([[number, 2]]), 5))).tobytes() for number in (3, 4)]
    assert drawn[0] == drawn[1]
    assert kind.draw(Sheet(to_one_hot(torch.tensor([[2, 0]]), 5))).height > 0
    with pytest.raises(ValueError, match="at least one text"):
        kind.draw(Sheet(torch.zeros(0, 2, 5)))
