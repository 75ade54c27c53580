"""Finished texts in a file, one a line."""

from hashlib import sha256
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.data.readers.text_lines import LEVELS, Line, read_lines
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.text_table import Alphabet, TextTable
from ganlab.kinds.text import FILE
from ganlab.layers.tokens import SPECIAL, to_one_hot

SUFFIX = ".txt"


@final
class TextLines(SampleFiles):
    """The lines of a .txt file, or of the texts.txt that `ganlab sample` wrote, empty and repeated ones included.

    Symbols are characters, or words with the setting `level`. Several files are compared in one alphabet, that of all
    their lines (`share_symbols`). Raises ValueError for a file without lines or that is no UTF-8 text, and for a level
    that needs a model of its own.
    """

    def __init__(self, path: Path, level: str = "character") -> None:
        if level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)} for finished texts, got {level!r}")
        super().__init__(path, [])
        self.level, file = level, path / FILE if path.is_dir() else path
        self.lines = read_lines(file)
        if not self.lines:
            raise ValueError(f"{file} holds no line; give a file with one text a line")
        self._hash = sha256(file.read_bytes() + level.encode()).hexdigest()
        self.share_symbols(self.lines)

    @classmethod
    def accepts(cls, path: Path) -> bool:
        """Return whether a path is a .txt file, or a folder that `ganlab sample` filled with texts."""
        return (path.is_file() and path.suffix.lower() == SUFFIX) or (path / FILE).is_file()

    def share_symbols(self, lines: list[Line]) -> None:
        """Use the alphabet and the length of all of these lines, of which the own ones are some."""
        table = TextTable.of([*self.lines, *lines], torch.arange(len(self.lines) + len(lines)), Alphabet(self.level))
        self._tokens = table.tokens[: len(self.lines)]
        facts = {"symbols": tuple(table.symbols), "level": self.level}
        self._size = SPECIAL + len(table.symbols)
        self.spec = Spec((self._tokens.shape[1], self._size), kind="text", facts=facts)

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, indices: Tensor) -> Tensor:
        """Return texts as one-hot rows."""
        return to_one_hot(self._tokens[indices], self._size)

    def fingerprint(self) -> str:
        """Hash the file and the level; what symbols the others have changes no score."""
        return self._hash


def share_alphabet(*sets: SampleFiles) -> None:
    """Give all sets of texts, if there are several, one alphabet and one length."""
    texts = [files for files in sets if isinstance(files, TextLines)]
    lines = [line for files in texts for line in files.lines]
    for files in texts:
        files.share_symbols(lines)
