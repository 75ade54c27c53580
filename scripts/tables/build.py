"""Train what the tables of docs/results.md show, and write them."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from runs import finished, folder, score, train

from ganlab.analysis.comparison.statistics import summarise

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "results.md"
Table = dict[str, Any]
HEAD = """# Results

Written by `./scripts/results`, which trains what is missing below `outputs/results` and scores it. Numbers with ± are
means over seeds with their 95 % intervals, then the lowest and the highest seed in brackets. Scores are of the report
split under `protocol=standard`. `seconds` is the training of one seed on one core, by the clock on the wall of a
machine that may have had other work to do. The Dirac-GAN has [a page of its own](dirac.md).
"""


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", help="which of the yaml files, by name; all by default")
    parser.add_argument("--seeds", type=int, help="how many of each table's seeds; all by default")
    parser.add_argument("--no-train", action="store_true", help="write the tables from the runs that are there")
    parser.add_argument("--definitions", type=Path, default=Path(__file__).parent, help="where the yaml files are")
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "results", help="where the runs are kept")
    parser.add_argument("--page", type=Path, default=PAGE, help="the file to write")
    given = parser.parse_args()
    tables = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(given.definitions.glob("*.yaml"))}
    unknown = [name for name in given.tables if name not in tables]
    if unknown:
        parser.error(f"there is no table '{unknown[0]}'; choose {', '.join(tables)}")
    sections = _sections(given.page)
    for name in given.tables or tables:
        table, runs = tables[name], given.runs / name
        seeds = table["seeds"][: given.seeds]
        if not given.no_train:
            _train(table, runs, seeds)
        sections[table["title"]] = section(
            table, {row: _scores(table, folder(runs, row), seeds) for row in table["rows"]}
        )
        _write(given.page, [each["title"] for each in tables.values()], sections)
    print(f"wrote {given.page}")
    return 0


def section(table: Table, measured: dict[str, dict[str, list[float]]]) -> str:
    """Return a table with its text, as Markdown; `measured` has the values over seeds by row and score."""
    keys = list(table["scores"])
    lines = [table["text"].strip(), "", _line(["", *table["scores"].values()]), _line(["---"] * (len(keys) + 1))]
    for row, words in table["rows"].items():
        name = f"{row}<br>`{' '.join(words)}`"
        values = measured[row]
        # A row that has been scored lacks what its model does not have, such as classes.
        blank = "-" if any(values.get(each) for each in keys if _is_reported(each)) else "not measured"
        lines.append(_line([name, *(cell(values.get(key, []), blank) for key in keys)]))
    for source, numbers in table.get("quoted", {}).items():
        lines.append(_line([source, *(str(numbers.get(key, "")) for key in keys)]))
    return "\n".join(lines) + "\n"


def cell(values: list[float], blank: str) -> str:
    """Return a number, or a mean with its interval, the lowest and the highest of several."""
    if not values:
        return blank
    if len(values) == 1:
        return _number(values[0])
    mean, _, low, high = summarise(values)
    if min(values) == max(values):
        return f"{_number(mean)} (all {len(values)})"
    return f"{_number(mean)} ± {_number((high - low) / 2)} [{_number(min(values))}, {_number(max(values))}]"


def _is_reported(key: str) -> bool:
    return "@" not in key and key != "seconds"


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _train(table: Table, runs: Path, seeds: list[int]) -> None:
    for row, words in table["rows"].items():
        print(f"{table['title']}: {row}", flush=True)
        try:
            train(folder(runs, row), words, seeds, table["metrics"])
        except subprocess.CalledProcessError as error:
            # The other rows are worth their hours all the same; the table says what is missing.
            print(f"{row} is not complete: a command ended with exit code {error.returncode}", file=sys.stderr)


def _scores(table: Table, directory: Path, seeds: list[int]) -> dict[str, list[float]]:
    runs = finished(directory, seeds)
    found = {key: [score(run, key) for run in runs] for key in table["scores"]}
    return {key: [value for value in values if value is not None] for key, values in found.items()}


def _sections(page: Path) -> dict[str, str]:
    """Return the sections of a page that is there, by title."""
    parts = page.read_text().split("\n## ")[1:] if page.exists() else []
    return {title: text.strip() + "\n" for title, _, text in (part.partition("\n") for part in parts)}


def _write(page: Path, titles: list[str], sections: dict[str, str]) -> None:
    """Write the sections in the order of the tables."""
    texts = [f"## {title}\n\n{sections[title]}" for title in titles if title in sections]
    page.write_text("\n".join([HEAD, *texts]))


if __name__ == "__main__":
    sys.exit(main())
