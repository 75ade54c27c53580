"""English sentences, from Debian's package fortunes."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

from ganlab.data.readers.text_lines import Line, distinct_lines, read_lines
from ganlab.data.text import TextDataSet
from ganlab.data.text_table import Alphabet

SYSTEM = Path("/usr/share/games/fortunes")
TOPICS = ("computers", "science", "definitions")
END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+")
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+|[.,!?;:]")
AUTHOR = re.compile(r"\s--\s.*")  # of a quotation, at its end
SHORTEST, LONGEST = 3, 20  # words of a sentence, marks included


@final
class Sentences(TextDataSet):
    """Sentences of 3 to 20 words from the quotations on computers, science and definitions of Debian's fortunes.

    Words are in lower case, and marks of punctuation are words. The most frequent `symbols` training words are the
    alphabet, and one symbol stands for all others. Authors are left out. A fifth is the report split, and a twentieth
    selects checkpoints. `path` is the folder of the quotations; without it, it is the package's, or the folder
    `fortunes` below `data_root`. Raises ValueError if there is none.
    """

    def __init__(self, data_root: str, path: str | None = None, symbols: int = 1000, limit: int = 0) -> None:
        candidates = [SYSTEM, Path(data_root) / "fortunes"] if path is None else [Path(path)]
        root = next((each for each in map(Path.expanduser, candidates) if (each / TOPICS[0]).is_file()), None)
        if root is None:
            raise ValueError(
                "the quotations are not on this machine: install fortunes (Debian, Ubuntu), or set data.path to a "
                f"folder with the files {', '.join(TOPICS)}"
            )
        quotations = [line for topic in TOPICS for line in read_lines(root / topic, separator="%")]
        lines, out = distinct_lines(_sentences(quotations), _length_reason)
        alphabet = Alphabet("word", LONGEST, symbols, "symbol")
        super().__init__(lines, alphabet, validation=0.05, test=0.2, limit=limit, left_out=out)


def _sentences(quotations: Sequence[Line]) -> Iterator[Line]:
    """Yield the sentences of quotations, as words with spaces between them."""
    for quotation in quotations:
        for sentence in END_OF_SENTENCE.split(AUTHOR.sub("", quotation.text).lower()):
            yield Line(" ".join(WORD.findall(sentence)), quotation.place)


def _length_reason(text: str) -> str:
    count = len(text.split())
    return "" if SHORTEST <= count <= LONGEST else f"of fewer than {SHORTEST} or more than {LONGEST} words"
