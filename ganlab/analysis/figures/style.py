"""The style of all figures: sizes for the columns of a paper, colours and fonts; and files with equal bytes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.core.errors import UserError, suggest
from ganlab.core.file_replacement import replace_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = {"column": 3.3, "page": 6.9}  # inches: of one column and of both columns of a paper
FORMATS = ("svg", "pdf", "png")
PIXELS_PER_INCH = 300
# Okabe & Ito 2008, without yellow, which is too light for lines: colours that colour-blind readers distinguish.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)))
INK, QUIET, FRAME = "#222222", "#666666", "#b0b0b0"
SMALL, NORMAL = 6.5, 7.5  # points
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # which comes with matplotlib
    "font.size": NORMAL,
    "text.color": INK,
    "text.hinting": "none",  # the same widths in every format
    "text.parse_math": False,  # a directory may contain dollar signs
    "axes.titlesize": NORMAL,
    "axes.labelsize": NORMAL,
    "axes.labelcolor": INK,
    "axes.edgecolor": FRAME,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": FRAME,
    "ytick.color": FRAME,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "ganlab",
    "pdf.fonttype": 42,  # TrueType, because many venues refuse Type 3
}


def line_style(number: int) -> dict[str, Any]:
    """Return the colour and the dashes of the line of a group: 21 groups have different ones."""
    dashes = DASHES[number // len(COLOURS) % len(DASHES)]
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": dashes}


@contextmanager
def figure_style() -> Iterator[None]:
    """Use the style of all figures, whatever the user's own settings of matplotlib are."""
    from matplotlib import style

    with style.context(["default", STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # `missing_characters` finds them
        yield


def missing_characters(figure: "Figure") -> str:
    """Return the characters of a figure's texts that its font lacks, and which become boxes."""
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.text import Text

    known = get_font(findfont(STYLE["font.family"])).get_charmap()
    used = {character for text in figure.findobj(Text) for character in text.get_text() if not character.isspace()}
    return "".join(sorted(character for character in used if ord(character) not in known))


def figure_format(path: Path) -> str:
    """Return the format that a file's name asks for; raises UserError for another one."""
    name = path.suffix.removeprefix(".").lower()
    if name not in FORMATS:
        endings = ", ".join(f".{known}" for known in FORMATS)
        raise UserError(f"output={path} must end in {endings}{suggest(name, FORMATS)}")
    return name


def figure_bytes(figure: "Figure", file_format: str) -> bytes:
    """Return the content of the figure's file, equal for equal figures."""
    buffer = BytesIO()
    figure.savefig(buffer, format=file_format, dpi=PIXELS_PER_INCH, metadata=METADATA[file_format])
    return buffer.getvalue()


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure in the format that the file's name asks for; raises UserError if that fails."""
    content = figure_bytes(figure, figure_format(path))
    try:
        replace_bytes(path, content)
    except OSError as error:
        raise UserError(f"output={path} cannot be written: {error.strerror}") from error
