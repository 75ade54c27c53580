"""Write docs/reference/ from the yaml files of conf/ and the docstrings of ganlab/.

With --check nothing is written; the exit code is 1 and the stale pages are named if any page is out of date.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from commands_page import commands_page
from config_groups import EXPERIMENT, GROUPS
from configuration_files import choices, groups
from experiment_page import experiment_page
from group_pages import group_page
from markdown_text import join, table
from python_page import python_page
from settings_page import settings_page
from source_code import FOLDER


def pages() -> dict[str, str]:
    """Return the text of every page by file name; raises LookupError if a group of conf/ has no page."""
    described = {group.path for group in GROUPS} | {EXPERIMENT}
    if missing := sorted(described ^ set(groups())):
        raise LookupError(f"{', '.join(missing)}: GROUPS of scripts/documentation/config_groups.py and conf/ differ")
    texts = {group.page: group_page(group) for group in GROUPS}
    texts |= {"experiment.md": experiment_page(), "python.md": python_page()}
    return {"index.md": _index(), "commands.md": commands_page(), "settings.md": settings_page(), **texts}


def stale(expected: Mapping[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the names of the pages in a folder that differ from the expected ones, are missing, or are superfluous."""
    present = {path.name: path.read_text() for path in folder.glob("*.md")}
    return sorted(name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name))


def main() -> int:
    """Write all pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a page is out of date")
    arguments = parser.parse_args()
    texts = pages()
    names = stale(texts)
    if arguments.check:
        for name in names:
            print(f"docs/reference/{name} is out of date; run ./scripts/reference", file=sys.stderr)
        return int(bool(names))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in texts:
            (FOLDER / name).write_text(texts[name])
        else:
            (FOLDER / name).unlink()
    print(f"{len(names)} of {len(texts)} pages changed", file=sys.stderr)
    return 0


def _index() -> str:
    lines = [
        "# Reference",
        "",
        "These pages are generated from `conf/` and the docstrings by `./scripts/reference`.",
        "",
        "- [Commands](commands.md): usage of every command",
        "- [Settings of train and evaluate](settings.md): seeds, iterations, batch size, intervals",
        "- [Python API](python.md): functions, results and base classes",
        "- [Experiments](experiment.md): complete recipes",
        "",
        "## Components",
        "",
        "Select a component with `GROUP=NAME`, and set what is inside with `GROUP.KEY=VALUE`.",
        "",
    ]
    rows = [
        (f"[{group.path}]({group.page})", group.summary,
         ", ".join(f"[{choice.name}]({group.page}#{choice.name})" for choice in choices(group.path)))
        for group in GROUPS
    ]  # fmt: skip
    return join([*lines, *table(("group", "what it is", "choices"), rows)])


if __name__ == "__main__":
    sys.exit(main())
