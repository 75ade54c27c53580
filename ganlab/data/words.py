"""English words, from Debian's package wamerican."""

from pathlib import Path
from typing import final

from ganlab.data.readers.text_lines import distinct_lines, match_reason, read_lines
from ganlab.data.text import TextDataSet
from ganlab.data.text_table import Alphabet

SYSTEM = Path("/usr/share/dict/american-english")
PATTERN = "[a-z]{3,12}"


@final
class Words(TextDataSet):
    """The 60,540 words of Debian's american-english that have 3 to 12 letters from a to z, and no others.

    A fifth is the report split, and a twentieth selects checkpoints. `path` is the list of words; without it, it is the
    package's, or american-english in the folder `words` below `data_root`. Raises ValueError if there is none.
    """

    def __init__(self, data_root: str, path: str | None = None, limit: int = 0) -> None:
        candidates = [SYSTEM, Path(data_root) / "words" / SYSTEM.name] if path is None else [Path(path)]
        found = next((each for each in map(Path.expanduser, candidates) if each.is_file()), None)
        if found is None:
            raise ValueError(
                "the list of words is not on this machine: install wamerican (Debian, Ubuntu), or set data.path to a "
                "file with one word a line"
            )
        lines, out = distinct_lines(read_lines(found), match_reason(PATTERN))
        super().__init__(lines, Alphabet(), validation=0.05, test=0.2, limit=limit, left_out=out)
