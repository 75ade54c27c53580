"""Train the runs for the tables of docs/reports/results.md, and write the tables."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from gaussian_baseline import read_scores, score_baseline
from runs import baselines, check_runs, finished_runs, floor, score, sweep_directory, train

from ganlab.analysis.comparison.statistics import summarise, welch_interval

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reports" / "results.md"
Table = dict[str, Any]
HEAD = """# Results

`./scripts/results` writes this page: it trains the runs that are missing below `outputs/results` and scores them.
Numbers with ± are means over seeds with their 95 % confidence intervals, followed by the lowest and the highest seed in
brackets. Scores are those of the report split under `protocol=standard`. `seconds` is the wall-clock time for training
one seed on one core; the machine may have run other programs at the same time. The Dirac-GAN has
[its own page](dirac.md).
"""


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", help="names of yaml files (default: all)")
    parser.add_argument("--seeds", type=int, help="number of seeds of each table (default: all)")
    parser.add_argument("--no-train", action="store_true", help="write the tables from existing runs")
    parser.add_argument("--definitions", type=Path, default=Path(__file__).parent, help="folder of the yaml files")
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "results", help="folder of the runs")
    parser.add_argument("--page", type=Path, default=PAGE, help="file to write")
    args = parser.parse_args()
    tables = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(args.definitions.glob("*.yaml"))}
    unknown = [name for name in args.tables if name not in tables]
    if unknown:
        parser.error(f"there is no table '{unknown[0]}'; choose {', '.join(tables)}")
    sections = _read_sections(args.page)
    for name in args.tables or tables:
        table, runs = tables[name], args.runs / name
        seeds = table["seeds"][: args.seeds]
        if not args.no_train:
            _train(table, runs, seeds)
        values = {row: _scores(table, sweep_directory(runs, row), seeds) for row in table["rows"]}
        floors = _floors(table, [sweep_directory(runs, row) for row in table["rows"]])
        if not args.no_train:
            _score_baselines(table, runs)
        sections[table["title"]] = section(table, values, floors, _read_baselines(table, runs))
        _write_page(args.page, [table["title"] for table in tables.values()], sections)
    print(f"wrote {args.page}")
    return 0


def section(
    table: Table,
    values: dict[str, dict[str, list[float]]],
    floors: dict[str, list[float]],
    known: dict[str, dict[str, float]] | None = None,
) -> str:
    """Return the text and the table as Markdown; `values` are by row and score, of all seeds, `known` the baselines."""
    keys = list(table["scores"])
    lines = [table["text"].strip(), "", _line(["", *table["scores"].values()]), _line(["---"] * (len(keys) + 1))]
    for row, words in table["rows"].items():
        name = f"{row}<br>`{' '.join(words)}`"
        # A scored row lacks only scores that its model does not have, such as class accuracy.
        is_scored = any(values[row].get(key) for key in keys if _is_reported(key))
        missing = "-" if is_scored else "not measured"
        lines.append(_line([name, *(format_values(values[row].get(key, []), missing) for key in keys)]))
    for name, (first, second) in table.get("differences", {}).items():
        cells = [format_difference(values[first].get(key, []), values[second].get(key, [])) for key in keys]
        lines.append(_line([f"{name}, Welch's 95 % interval", *cells]))
    for name, scores in (known or {}).items():
        cells = [_format_number(scores[key]) if key in scores else "" for key in keys]
        lines.append(_line([name, *cells]))
    if any(floors.values()):
        lines.append(_line(["real samples in place of generated ones", *(format_floors(floors[key]) for key in keys)]))
    for source, numbers in table.get("quoted", {}).items():
        lines.append(_line([source, *(str(numbers.get(key, "")) for key in keys)]))
    return "\n".join(lines) + "\n"


def format_values(values: list[float], missing: str) -> str:
    """Return `missing`, one number, or the mean of several with its interval, the lowest and the highest."""
    if not values:
        return missing
    if len(values) == 1:
        return _format_number(values[0])
    mean, _, low, high = summarise(values)
    if min(values) == max(values):
        return f"{_format_number(mean)} (all {len(values)})"
    extremes = f"[{_format_number(min(values))}, {_format_number(max(values))}]"
    return f"{_format_number(mean)} ± {_format_number((high - low) / 2)} {extremes}"


def format_difference(first: list[float], second: list[float]) -> str:
    """Return the difference of two means with its interval; nothing without two values of each."""
    if min(len(first), len(second)) < 2:
        return ""
    difference, low, high = welch_interval(first, second)
    return f"{_format_number(difference)} [{_format_number(low)}, {_format_number(high)}]"


def format_floors(values: list[float]) -> str:
    """Return the scores of real samples, which differ between rows if their pictures do."""
    if not values:
        return ""
    low, high = _format_number(min(values)), _format_number(max(values))
    return low if low == high else f"{low} to {high}"


def _is_reported(key: str) -> bool:
    return "@" not in key and key != "seconds" and not key.startswith("checks.")


def _format_number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _train(table: Table, runs: Path, seeds: list[int]) -> None:
    for row, words in table["rows"].items():
        print(f"{table['title']}: {row}", flush=True)
        try:
            train(sweep_directory(runs, row), words, seeds, table["metrics"], table.get("protocol", []))
            if any(key.startswith("checks.") for key in table["scores"]):
                check_runs(sweep_directory(runs, row), table.get("checks", "independent_checks"))
        except subprocess.CalledProcessError as error:
            # Continue: the other rows take hours and are still useful. The table shows that this row is not measured.
            print(f"{row} is not complete: a command ended with exit code {error.returncode}", file=sys.stderr)


def _score_baselines(table: Table, runs: Path) -> None:
    """Draw the samples of a table's baselines, and score them."""
    gaussians = table.get("baselines", {})
    for components in gaussians.get("components", []):
        print(f"{table['title']}: a Gaussian of {components} components", flush=True)
        score_baseline(_baseline_directory(runs, components), gaussians["data"], components, table["metrics"])


def _read_baselines(table: Table, runs: Path) -> dict[str, dict[str, float]]:
    """Return the scores of a table's baselines that are scored, by name."""
    found = {
        f"a Gaussian of {components:,} principal components": read_scores(_baseline_directory(runs, components))
        for components in table.get("baselines", {}).get("components", [])
    }
    for row in table["rows"]:
        for run in finished_runs(sweep_directory(runs, row)):
            found |= {f"{name}, from the same inputs": scores for name, scores in baselines(run).items()}
    return {name: scores for name, scores in found.items() if scores}


def _baseline_directory(runs: Path, components: int) -> Path:
    return runs / f"gaussian_{components}"


def _scores(table: Table, directory: Path, seeds: list[int]) -> dict[str, list[float]]:
    """Return the values of all finished seeds by score."""
    runs = finished_runs(directory, seeds)
    scores = {key: [score(run, key) for run in runs] for key in table["scores"]}
    return {key: [value for value in values if value is not None] for key, values in scores.items()}


def _floors(table: Table, directories: list[Path]) -> dict[str, list[float]]:
    """Return the scores of real samples in all runs of a table, by score."""
    runs = [run for directory in directories for run in finished_runs(directory)]
    floors = {key: [floor(run, key) for run in runs] for key in table["scores"]}
    return {key: [value for value in values if value is not None] for key, values in floors.items()}


def _read_sections(page: Path) -> dict[str, str]:
    """Return the sections of an existing page by title."""
    parts = page.read_text().split("\n## ")[1:] if page.exists() else []
    return {title: text.strip() + "\n" for title, _, text in (part.partition("\n") for part in parts)}


def _write_page(page: Path, titles: list[str], sections: dict[str, str]) -> None:
    """Write the sections in the order of the titles, and no others."""
    texts = [f"## {title}\n\n{sections[title]}" for title in titles if title in sections]
    page.write_text("\n".join([HEAD, *texts]))


if __name__ == "__main__":
    sys.exit(main())
