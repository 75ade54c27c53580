"""Lines of text files: read, counted, and split into symbols."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, final

from ganlab.core.errors import UserError, suggest
from ganlab.kinds.text import WORD_START

EXTRA = "level=bpe needs the package tokenizers, which is not installed; run: pip install 'ganlab[text]'"
Split = Callable[[str], list[str]]


@final
class Line(NamedTuple):
    """A line and where it is, such as "words.txt:12"."""

    text: str
    place: str


@final
@dataclass(frozen=True)
class LeftOut:
    """How many lines were left out for one reason, and the place of the first of them."""

    reason: str
    count: int
    first: str


def read_lines(path: Path, separator: str = "") -> list[Line]:
    """Return the lines of a UTF-8 file, or its paragraphs, joined by spaces, between lines that are `separator`.

    Raises ValueError, naming the file, if it cannot be read or is not UTF-8.
    """
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise ValueError(f"{path} is no UTF-8 text: line {line} holds other bytes; convert the file") from error
    lines = [" ".join(line.split()) for line in content.split("\n")]
    if not lines[-1]:
        lines.pop()
    if not separator:
        return [Line(text, f"{path.name}:{number}") for number, text in enumerate(lines, 1)]
    found, begin = list[Line](), 1
    for number, text in enumerate([*lines, separator], 1):
        if text == separator:
            found.append(Line(" ".join(filter(None, lines[begin - 1 : number - 1])), f"{path.name}:{begin}"))
            begin = number + 1
    return found[:-1] if found and not found[-1].text else found


def distinct_lines(lines: Iterable[Line], accepts: Callable[[str], str]) -> tuple[list[Line], list[LeftOut]]:
    """Return the different lines that are not empty and that `accepts` has no reason to leave out, and the others."""
    kept, out = dict[str, Line](), list[tuple[str, str]]()
    for line in lines:
        reason = "empty" if not line.text else "repeated" if line.text in kept else accepts(line.text)
        if reason:
            out.append((reason, line.place))
        else:
            kept[line.text] = line
    return list(kept.values()), count_reasons(out)


def match_reason(pattern: str | None) -> Callable[[str], str]:
    """Return what says why a line is left out: "" if the regular expression matches all of it, or without one.

    Raises ValueError for an invalid pattern.
    """
    if pattern is None:
        return lambda text: ""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern is no regular expression: {error}") from error
    return lambda text: "" if expression.fullmatch(text) else f"that {pattern} does not match"


def count_reasons(out: Sequence[tuple[str, str]]) -> list[LeftOut]:
    """Return how often each reason occurs among pairs of a reason and a place, and the first place of each."""
    places: dict[str, list[str]] = {}
    for reason, place in out:
        places.setdefault(reason, []).append(place)
    return [LeftOut(reason, len(each), each[0]) for reason, each in places.items()]


def describe_left_out(out: Sequence[LeftOut]) -> str:
    """Return one sentence, such as "lines left out: 3 empty (first a.txt:7), 1 repeated (a.txt:9)"; "" for none."""
    parts = [f"{each.count:,} {each.reason} ({'first ' if each.count > 1 else ''}{each.first})" for each in out]
    return f"lines left out: {', '.join(parts)}" if parts else ""


def _words(text: str) -> list[str]:
    return text.split()


LEVELS: Mapping[str, Split] = {"character": list, "word": _words}
CHOICES = (*LEVELS, "bpe")


def check_level(level: str) -> None:
    """Raise ValueError for an unknown level."""
    if level not in CHOICES:
        raise ValueError(f"level must be one of {', '.join(CHOICES)}, got {level!r}{suggest(level, CHOICES)}")


def find_split(level: str, texts: Sequence[str], size: int) -> Split:
    """Return the function that splits a text into symbols; for bpe, it is learnt from texts, with `size` symbols.

    Raises ValueError for an unknown level, or for bpe without a size; and UserError without the package of bpe.
    """
    check_level(level)
    if level != "bpe":
        return LEVELS[level]
    if not size:
        raise ValueError("level=bpe needs the number of symbols to learn; set symbols, such as symbols=1000")
    tokenizer = _learn_parts(texts, size)
    return lambda text: tokenizer.encode(text).tokens


def _learn_parts(texts: Sequence[str], size: int) -> Any:
    """Return a tokenizer of the package tokenizers with byte-pair encoding (Sennrich et al. 2016)."""
    try:
        import tokenizers
        from tokenizers import models, pre_tokenizers, trainers
    except ImportError as error:
        raise UserError(EXTRA) from error
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always")
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, show_progress=False))
    return tokenizer
