"""Text: lines of symbols, which are characters, words, or parts of words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import INK
from ganlab.core.interfaces import Shape
from ganlab.kinds.base import Kind, RealSamples, Sheet
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, add_header, font, is_drawable, shorten
from ganlab.layers.tokens import SPECIAL, to_tokens

FILE = "texts.txt"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # the symbol of all words that are too rare for an alphabet
WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"  # begins a part of a word that begins the word
MISSING = "\N{WHITE SQUARE}"  # drawn for characters that the font does not have
WIDTH, LINE, MAX_COLUMNS = 800, 17, 6  # pixels of a sheet and of a line, and columns of short texts


def _join_parts(symbols: Sequence[str]) -> str:
    return "".join(symbols).replace(WORD_START, " ").strip()


JOIN: Mapping[str, Callable[[Sequence[str]], str]] = {"character": "".join, "word": " ".join, "bpe": _join_parts}


@final
@dataclass(frozen=True)
class TextKind(Kind):
    """Texts as one-hot rows (length, alphabet) of `symbols`, after those of padding, begin and end.

    `level` is what a symbol is: a character, a word, or a part of a word (bpe).
    """

    symbols: Sequence[str]
    level: str

    name, plural = "text", "texts (length, alphabet)"
    max_classes = 16
    sheet_samples: ClassVar[int] = 200
    output_patterns = (FILE,)

    def texts(self, samples: Tensor) -> list[str]:
        """Return the texts of one-hot rows (n, length, alphabet), without the special symbols."""
        join = JOIN[self.level]
        rows = to_tokens(samples).tolist()
        return [join([self.symbols[number - SPECIAL] for number in row if number >= SPECIAL]) for row in rows]

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write texts.txt, with one text a line, in UTF-8."""
        (output / FILE).write_text("".join(f"{text}\n" for text in self.texts(samples)), encoding="utf-8")

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return symbol_counts, which needs no weights."""
        return "symbol_counts"

    def backdrop(self, data: RealSamples) -> None:
        """Return nothing: texts have no axes."""
        return None

    def draw(self, sheet: Sheet, backdrop: None = None) -> Image.Image:
        """Draw one text a line, short ones in columns; raises ValueError if there is none."""
        if not len(sheet):
            raise ValueError("a sample sheet needs at least one text, got 0")
        shown = sheet.first(self.sheet_samples)
        texts = [_drawable(text) for text in self.texts(shown.samples)]
        widest = max(font(TEXT_SIZE).getlength(text) for text in texts) + 2 * PADDING
        columns = max(1, min(MAX_COLUMNS, len(texts), int(WIDTH / widest)))
        width, rows = WIDTH // columns, -(-len(texts) // columns)
        picture = Image.new("RGB", (WIDTH, rows * LINE + PADDING), "white")
        draw = ImageDraw.Draw(picture)
        for number, text in enumerate(texts):
            column, row = divmod(number, rows)
            place = (PADDING + column * width, row * LINE)
            draw.text(place, shorten(text, width - 2 * PADDING), INK, font(TEXT_SIZE))
        return add_header(picture, sheet.facts())


def _drawable(text: str) -> str:
    """Return the text with a square for each character that the font does not have."""
    return "".join(character if is_drawable(character) else MISSING for character in text)
