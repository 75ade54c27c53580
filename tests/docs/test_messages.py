"""Every message that docs/troubleshooting.md quotes is one that the code has."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```text\n(.*?)```", (ROOT / "docs" / "troubleshooting.md").read_text(), re.DOTALL)
CELLS = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)
QUOTED = {"SLURM refuses the jobs (… Invalid account …)": "SLURM refuses the jobs ("}  # with words of SLURM
MESSAGES = [QUOTED.get(message, message) for message in (*"".join(BLOCKS).splitlines(), *CELLS)]
MAX_PIECES = 4  # of which a message between two values is composed


@cache
def literals() -> str:
    """Return the constant pieces of all strings in ganlab, one after another; f-strings are cut at their values."""
    pieces = []
    for path in sorted((ROOT / "ganlab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                pieces += node.value.split("%s")
    return "\0".join(pieces)


def count_pieces(text: str) -> int:
    """Return how many pieces of literals the text is composed of, each as long as possible."""
    count = 0
    while text:
        length = next((n for n in range(len(text), 0, -1) if text[:n] in literals()), 0)
        if not length:
            return MAX_PIECES + 1
        count, text = count + 1, text[length:]
    return count


@pytest.mark.parametrize("message", MESSAGES)
def test_a_quoted_message_exists(message):
    for text in message.removeprefix("stopped: ").split("…"):
        assert count_pieces(text.strip()) <= MAX_PIECES, text


def test_an_invented_message_is_noticed():
    assert count_pieces("this machine has run out of memory, so buy some") > MAX_PIECES


def test_messages_are_quoted():
    assert len(MESSAGES) > 20
