"""Lines of text: which are kept, which are left out and why, and the n-grams that are baselines."""

import sys
from pathlib import Path

import pytest
import torch
from support.short_texts import write_lines

from ganlab.core.errors import UserError
from ganlab.core.random import Random
from ganlab.data import Sentences, TextFile, Words
from ganlab.data.n_gram_model import NGramModel
from ganlab.data.readers.text_lines import read_lines
from ganlab.layers.tokens import END, PADDING, SPECIAL

DICTIONARY, QUOTATIONS = Path("/usr/share/dict/american-english"), Path("/usr/share/games/fortunes/computers")


def texts(data, split="train"):
    return [text for batch in data.real_samples(split=split) for text in data.kind.texts(batch.sample)]


def test_no_line_is_in_two_splits_and_all_are_texts_of_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "lines.txt")
    data = TextFile(str(path), validation=0.1, test=0.2)
    parts = [texts(data, split) for split in ("train", "validation", "test")]
    assert list(map(len, parts)) == [42, 6, 12]
    assert sorted(text for part in parts for text in part) == sorted(path.read_text().split())
    again = TextFile(str(path), validation=0.1, test=0.2)
    assert again.fingerprint() == data.fingerprint() != TextFile(str(path)).fingerprint()


def test_lines_that_are_left_out_are_counted_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("abba\n\nbaab\nabba\naabbaabb\nab1\n")
    data = TextFile(str(path), length=6, pattern="[a-z]*", validation=0, test=0)
    assert data.summary() == (
        "lines: 2 training, 0 validation, 0 test; at most 6 of 2 symbols; lines left out: 1 empty (lines.txt:2), 1 "
        "repeated (lines.txt:4), 1 that [a-z]* does not match (lines.txt:6), 1 of more than 6 symbols (lines.txt:5)"
    )
    assert sorted(texts(data)) == ["abba", "baab"]


def test_the_alphabet_is_that_of_the_training_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join([*("a" * count for count in range(1, 10)), "é"]))
    alphabets = set()
    for held_out in (0.0, 0.5):
        data = TextFile(str(path), validation=0, test=held_out)
        alphabets.add(data.table.symbols == ["a"])
        kept = [text for split in ("train", "test") if len(data.split(split)) for text in texts(data, split)]
        assert ("é" in kept) == (data.table.symbols == ["a", "é"])
        if "é" not in kept:
            assert "1 with symbols that are not in the alphabet (lines.txt:10)" in data.summary()
    assert False in alphabets


def test_rare_words_become_one_symbol(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("The cat sat\nthe dog sat\n")
    data = TextFile(str(path), level="word", symbols=2, unknown="symbol", lower=True, validation=0, test=0)
    assert data.spec.facts == {"symbols": ("sat", "the", "�"), "level": "word"}
    assert texts(data) == ["the � sat", "the � sat"]


def test_parts_of_words_are_learnt(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the package tokenizers is not installed")
    path = write_lines(tmp_path / "lines.txt")
    data = TextFile(str(path), level="bpe", symbols=12, validation=0, test=0.2)
    assert sorted(texts(data) + texts(data, "test")) == sorted(path.read_text().split())
    assert data.spec.sample[1] <= SPECIAL + 12


def test_without_the_package_parts_of_words_name_the_extra(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(UserError, match=r"pip install 'ganlab\[text\]'"):
        TextFile(str(write_lines(tmp_path / "lines.txt")), level="bpe", symbols=12)


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        (b"", {}, "there is no line to train on; the file is empty"),
        (b"\n\n", {}, r"there is no line to train on; lines left out: 2 empty \(first lines.txt:1\)"),
        (b"a\n\xff\n", {}, "is no UTF-8 text: line 2 holds other bytes"),
        (b"a\n", {"level": "words"}, "level must be one of character, word, bpe, got 'words'; did you mean 'word'"),
        (b"a\n", {"level": "bpe"}, "set symbols, such as symbols=1000"),
        (b"a\n", {"unknown": "ask"}, "unknown must be one of drop, symbol, got 'ask'"),
        (b"a\n", {"length": -1}, "length must be at least 0, got -1"),
        (b"a\n", {"pattern": "["}, "pattern is no regular expression"),
        (b"abc\n", {"length": 2, "validation": 0, "test": 0}, "there is no line to train on.* of more than 2 symbols"),
    ],
)
def test_bad_files_and_settings_are_refused(tmp_path: Path, content, settings, message) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        TextFile(str(path), **settings)


def test_an_absent_file_and_an_empty_split_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.txt cannot be read: No such file"):
        TextFile(str(tmp_path / "nothing.txt"))
    data = TextFile(str(write_lines(tmp_path / "lines.txt")), test=0)
    with pytest.raises(ValueError, match=r"no test lines: raise data\.test"):
        data.real_samples(split="test")


def test_quotations_are_between_separators(tmp_path: Path) -> None:
    (tmp_path / "quotes").write_text("one\n two\n%\nthree\n%\n")
    lines = read_lines(tmp_path / "quotes", separator="%")
    assert [tuple(line) for line in lines] == [("one two", "quotes:1"), ("three", "quotes:4")]


def test_n_grams_draw_what_followed_as_often_as_it_followed(tmp_path: Path) -> None:
    a, b = SPECIAL, SPECIAL + 1
    table = torch.tensor([[a, b, END, PADDING], [a, b, END, PADDING], [a, a, b, END], [b, END, PADDING, PADDING]])
    rows = NGramModel.of(table, 5, order=3)(4000, None, Random(0)).argmax(-1)
    drawn = {tuple(row) for row in rows.tolist()}
    assert drawn == {tuple(row) for row in table.tolist()}  # after two symbols only one has followed
    share = (rows == table[2]).all(1).double().mean()
    assert share == pytest.approx(1 / 4, abs=0.03)
    loops = NGramModel.of(table, 5, order=2)(4000, None, Random(0)).argmax(-1)
    assert (loops == END).any(1).all()  # those without an end were drawn again
    assert (loops[:, 0] == a).double().mean() == pytest.approx(3 / 4, abs=0.05)


def test_the_same_baselines_are_drawn_for_one_seed(tmp_path: Path) -> None:
    data = TextFile(str(write_lines(tmp_path / "lines.txt")))
    assert list(data.drawn_baselines()) == ["2_gram", "3_gram", "4_gram", "5_gram", "6_gram"]
    for draw in data.drawn_baselines().values():
        first, second, other = (draw(8, None, Random(seed)) for seed in (0, 0, 1))
        assert torch.equal(first, second)
        assert not torch.equal(first, other)
        assert first.shape == (8, *data.spec.sample)


@pytest.mark.skipif(not DICTIONARY.is_file(), reason="the package wamerican is not installed")
def test_the_words_are_those_of_the_package() -> None:
    data = Words("data")
    sizes = [len(data.split(name)) for name in ("train", "validation", "test")]
    assert sizes == [45_405, 3_027, 12_108]
    assert data.spec.sample == (13, SPECIAL + 26)


@pytest.mark.skipif(not QUOTATIONS.is_file(), reason="the package fortunes is not installed")
def test_sentences_are_words_and_marks() -> None:
    data = Sentences("data", symbols=50)
    assert sum(len(data.split(name)) for name in ("train", "validation", "test")) > 4000
    lengths = [len(text.split()) for text in texts(data, "test")]
    assert min(lengths) == 3
    assert max(lengths) == 20


def test_data_that_are_not_on_this_machine_name_their_package(tmp_path: Path, monkeypatch) -> None:
    for module in ("words", "sentences"):
        monkeypatch.setattr(f"ganlab.data.{module}.SYSTEM", tmp_path / "absent")
    with pytest.raises(ValueError, match="install wamerican"):
        Words(data_root=str(tmp_path))
    with pytest.raises(ValueError, match="install fortunes"):
        Sentences(data_root=str(tmp_path))
