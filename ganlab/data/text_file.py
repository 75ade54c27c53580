"""Your own text: the lines of a file."""

from pathlib import Path
from typing import final

from ganlab.data.readers.text_lines import distinct_lines, match_reason, read_lines
from ganlab.data.text import TextDataSet
from ganlab.data.text_table import Alphabet


@final
class TextFile(TextDataSet):
    """The distinct lines of a UTF-8 file, as sequences of characters, words or parts of words.

    Only lines that `pattern`, a regular expression, matches entirely are read. Lines that are empty, repeated, longer
    than `length` symbols, or of unknown symbols are left out and counted in the summary. Raises ValueError for a file
    without lines that are left, or that is no UTF-8 text, and for invalid settings.
    """

    def __init__(
        self,
        path: str,
        level: str = "character",
        length: int = 64,
        symbols: int = 0,
        unknown: str = "drop",
        pattern: str | None = None,
        lower: bool = False,
        validation: float = 0.05,
        test: float = 0.2,
        limit: int = 0,
    ) -> None:
        lines = read_lines(Path(path).expanduser())
        if lower:
            lines = [line._replace(text=line.text.lower()) for line in lines]
        kept, out = distinct_lines(lines, match_reason(pattern))
        super().__init__(kept, Alphabet(level, length, symbols, unknown), validation, test, limit, out)
