"""Code, configuration and documentation use plain technical English and the terms of the field.

This test only catches relapses: words that the project once used in senses of its own. docs/glossary.md has the terms
to use instead.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ("ganlab", "conf", "docs", "scripts", "tests", "README.md", "CONTRIBUTING.md", ".ci/run")
SUFFIXES = {".py", ".yaml", ".md", ".sh", ".toml", ""}
# Files whose content is data: names of earlier versions, and runs that they wrote.
DATA = {"ganlab/core/renamed.py", "tests/core/test_renamed.py", "tests/test_language.py"}
WORDS = {
    "report, log, state or distinguish": r"told|tells? (?:of|apart)|telling",
    "fix": r"mend(?:s|ed|ing)?",
    "again, or from scratch": r"anew",
    "the actor": r"nobody|somebody|anybody|everybody|whoever|whosoever",
    "without": r"bereft",
    "indefinitely": r"for ever",
    "resume or continue": r"gone on with|goes? on with|going on with",
    "next to, or in addition to": r"beside",
    "EMA generator": r"kept generator",
    "error or issue": r"(?<![.`])mistakes?(?![:(`])|mistaken",
    "expected": r"foreseen",
    "forward check": r"rehears\w+",
    "discriminator output": r"verdicts?",
    "score, evaluate or discriminate": r"judged?|judges|judging",
    "BatchView": r"a round of",
    "on_process_lost": r"mourn\w*",
    "remove_head": r"behead\w*",
    "during": r"in the midst of",
    "for": r"for the sake of",
}
PATTERN = {instead: re.compile(rf"\b(?:{pattern})\b") for instead, pattern in WORDS.items()}
ANY = re.compile("|".join(pattern.pattern for pattern in PATTERN.values()))


def is_prose_or_code(path):
    name = path.relative_to(ROOT).as_posix()
    generated = "__pycache__" in name or name.startswith("tests/former_runs/")
    return path.is_file() and path.suffix in SUFFIXES and name not in DATA and not generated


def files(place):
    paths = (ROOT / place).rglob("*") if (ROOT / place).is_dir() else [ROOT / place]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths if is_prose_or_code(path))


def relapses(name):
    text = (ROOT / name).read_text()
    if not ANY.search(text):
        return []
    return [
        f"{name}:{number}: '{match[0]}': write {instead}"
        for number, line in enumerate(text.splitlines(), 1)
        for instead, pattern in PATTERN.items()
        for match in pattern.finditer(line)
    ]


@pytest.mark.parametrize("place", PLACES)
def test_words(place):
    found = [each for name in files(place) for each in relapses(name)]
    assert not found, "\n".join(found)
