"""Turns docstrings, comments and signatures into Markdown that GitHub and MkDocs render alike."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from signatures import Call

CODE = re.compile(r"(`[^`]+`)")
SECTION = re.compile(r"(Args|Arguments|Attributes|Raises|Returns|Yields|Example|Examples):$")
ENTRY = re.compile(r"(\w[\w, .*]*?)(?: \([^)]*\))?: (.*)")
SIGNATURE_WIDTH = 100
PROPERTIES = {"@property", "@cached_property"}


def escape(text: str) -> str:
    """Escape what Markdown would read as markup, outside of `code`."""
    pieces = CODE.split(text)
    return "".join(piece if piece.startswith("`") and len(piece) > 1 else _escape(piece) for piece in pieces)


def code(text: str) -> str:
    """Return text as code, also within a table; nothing for no text."""
    if not text:
        return ""
    if "|" in text:
        return f"<code>{text.replace('&', '&amp;').replace('<', '&lt;').replace('|', '&#124;')}</code>"
    return f"`{text}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, with a blank line behind them; nothing without rows."""
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(cells)} |" for cells in lines), ""]


def cell(text: str) -> str:
    """Escape text for a table."""
    return escape(text).replace("|", r"\|")


def fence(language: str, lines: Sequence[str]) -> list[str]:
    """Return the lines of a code block, with a blank line behind it."""
    return [f"```{language}", *lines, "```", ""]


def join(lines: Sequence[str]) -> str:
    """Return the text of a page."""
    return "\n".join(lines).rstrip() + "\n"


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, without its full stop."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"\.(?=\s+[A-Z`(]|$)", paragraph, maxsplit=1)[0]


def docstring(text: str) -> list[str]:
    """Return the lines of a docstring: paragraphs, lists and code blocks; entries of `Args:` become a list."""
    lines: list[str] = []
    for block in _blocks(text):
        title = SECTION.match(block[0])
        if title:
            lines += [f"**{title[1]}**", "", *_section(title[1], block[1:])]
        elif block[0].startswith(">>>"):
            lines += fence("pycon", block)
        elif all(line.startswith("    ") for line in block):
            lines += fence("python", textwrap.dedent("\n".join(block)).splitlines())
        else:
            lines += [*(escape(line) for line in block), ""]
    return lines


def signature(call: Call) -> list[str]:
    """Return a call as a code block, one argument on each line if it is long."""
    result = f" -> {call.result}" if call.result else ""
    if PROPERTIES.intersection(call.decorators):
        kind = "abstract property" if "@abstractmethod" in call.decorators else "property"
        return fence("python", [f"{call.name}: {call.result}  # {kind}"])
    if call.keyword == "class" and not call.arguments:
        return fence("python", [f"class {call.name}"])
    start, end = f"{call.keyword} {call.name}(", f"){result}"
    line = f"{start}{', '.join(call.arguments)}{end}"
    if len(line) <= SIGNATURE_WIDTH:
        return fence("python", [*call.decorators, line])
    return fence("python", [*call.decorators, start, *(f"    {argument}," for argument in call.arguments), end])


def _escape(text: str) -> str:
    text = text.replace("*", r"\*").replace("<", "&lt;")
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield paragraphs; a section takes all indented lines that follow its title."""
    block: list[str] = []
    for line in text.splitlines():
        in_section = bool(block) and bool(SECTION.match(block[0]))
        if in_section and (not line.strip() or line.startswith(" ")):
            block.append(line)
        elif not line.strip() or SECTION.match(line) or in_section:
            if block:
                yield block
            block = [line] if line.strip() else []
        else:
            block.append(line)
    if block:
        yield block


def _section(title: str, block: Sequence[str]) -> list[str]:
    text = textwrap.dedent("\n".join(block)).strip()
    if title.startswith("Example"):
        return fence("pycon" if text.startswith(">>>") else "python", text.splitlines())
    entries: list[str] = []
    for line in text.splitlines():
        match = ENTRY.match(line)
        if match and title not in ("Returns", "Yields"):
            entries.append(f"- `{match[1]}`: {escape(match[2])}")
        elif entries:
            entries[-1] += f" {escape(line.strip())}"
        else:
            entries.append(escape(line))
    return [*entries, ""]
