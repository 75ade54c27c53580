"""Commands that take turns: their wall-clock and processor seconds, and the ratios of one to another, turn by turn."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, and processor seconds of it and all processes that it waited for."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of two sides within each turn, and their extremes."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


def run_timed(command: Sequence[str], folder: Path, **environment: str) -> Cost:
    """Run a command in a folder and return its cost; ends the program with the command's errors if it fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run_in_turns(sides: Mapping[str, Callable[[], Cost]], turns: int) -> dict[str, list[Cost]]:
    """Run all sides once per turn, in every other turn backwards, and return their costs by side."""
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for turn in range(turns):
        for name in sides if turn % 2 == 0 else reversed(sides):
            costs[name].append(sides[name]())
            cost = costs[name][-1]
            print(f"turn {turn + 1}: {name} {cost.wall:.2f} s, {cost.cpu:.2f} s of processors", file=sys.stderr)
    return costs


def ratio(costs: Mapping[str, Sequence[Cost]], side: str, other: str, unit: str = "cpu") -> Ratio:
    """Return the ratios of one side to another, in processor seconds or, with `unit` "wall", on the clock."""
    pairs = zip(costs[side], costs[other], strict=True)
    ratios = [getattr(own, unit) / getattr(reference, unit) for own, reference in pairs]
    return Ratio(min(ratios), median(ratios), max(ratios))


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several costs."""
    return Cost(median(cost.wall for cost in costs), median(cost.cpu for cost in costs))


def python_of(build: Path) -> str:
    """Return the Python of another build of ganlab, a checkout with an environment of its own in .venv."""
    python = build.resolve() / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"--base: {python} does not exist; run scripts/benchmark --help in {build}, which makes it")
    return str(python)


def parser_of(name: str, description: str | None, turns: int = 5) -> argparse.ArgumentParser:
    """Return a parser with the options that all of these benchmarks have."""
    parser = argparse.ArgumentParser(
        prog=f"scripts/benchmark {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--turns", type=int, default=turns, help=f"runs of each side (default: {turns})")
    parser.add_argument("--base", type=Path, metavar="DIR", help="another checkout of ganlab with its own .venv")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    return parser


def check_counts(parser: argparse.ArgumentParser, args: argparse.Namespace, **minima: int) -> None:
    """End the program with a sentence if an option that is set is below its minimum."""
    for name, minimum in minima.items():
        if getattr(args, name) is not None and getattr(args, name) < minimum:
            parser.error(f"--{name.replace('_', '-')} must be at least {minimum}, got {getattr(args, name)}")


def write(path: Path | None, result: Any) -> None:
    """Write the numbers of a benchmark as JSON, if a file is given."""
    if path:
        path.write_text(json.dumps(result, indent=2, default=vars) + "\n")
