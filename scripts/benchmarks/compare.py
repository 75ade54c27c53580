"""Time the commands that read many runs, in processor seconds of the whole command, one thread.

cases:
  compare         `ganlab compare` of runs that this build wrote
  former runs     the same of runs that the other build wrote (with --base)
  status          `ganlab sweep status` of a sweep of as many finished jobs
  first collect   `ganlab sweep collect` of the same sweep, with its plots
  collect         the same again, without a new score
  ten times       `ganlab compare` of ten times as many runs, by this build only
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import many_runs
import paired

FORMER = "former"  # the folder with runs of the other build
TIMES, LINEAR = 10, 12.0  # the larger comparison, and the largest ratio of its time to the smaller one's


@dataclass(frozen=True)
class Case:
    """A command on a folder, and the largest ratio to the other build's time that is a success.

    A folder with a build in its name belongs to that build, because collecting writes into it.
    """

    folder: str
    words: tuple[str, ...]
    target: float | None = None
    prepare: Callable[[Path], None] = lambda folder: None  # before each run

    def run(self, python: str, folder: Path) -> paired.Cost:
        """Run the command once by a build."""
        self.prepare(folder)
        return paired.run_timed([python, "-m", "ganlab", *self.words, folder.name], folder.parent, OMP_NUM_THREADS="1")


def forget_results(folder: Path) -> None:
    """Return a sweep to its state before `ganlab sweep collect`."""
    (folder / "sweep.json").write_bytes((folder / "uncollected.json").read_bytes())
    for plot in folder.glob("*.png"):
        plot.unlink()


CASES = {
    "compare": Case("runs", ("compare",), 0.12),
    "former runs": Case(FORMER, ("compare",), 0.2),
    "status": Case("runs", ("sweep", "status"), 0.2),
    "first collect": Case("first-{build}", ("sweep", "collect"), prepare=forget_results),
    "collect": Case("again-{build}", ("sweep", "collect"), 0.2),
}
Sides = dict[str, Callable[[], paired.Cost]]


def cases_of(builds: dict[str, str]) -> dict[str, Case]:
    """Return the cases that these builds allow."""
    return {name: case for name, case in CASES.items() if name != "former runs" or "base" in builds}


def write_folders(folder: Path, builds: dict[str, str], runs: int) -> None:
    """Write the folders that the cases read, and the larger one; collect those whose results are already known."""
    templates = {}
    for build, python in builds.items():
        (folder / build).mkdir()
        templates[build] = many_runs.train_templates(python, folder / build)
    for name in {case.folder.format(build=build) for case in cases_of(builds).values() for build in builds}:
        many_runs.write_sweep(templates["base" if name == FORMER else "new"], folder / name, runs)
        (folder / name / "uncollected.json").write_bytes((folder / name / "sweep.json").read_bytes())
    for build, python in builds.items():
        CASES["collect"].run(python, folder / f"again-{build}")
    many_runs.write_sweep(templates["new"], folder / "ten-times", TIMES * runs)


def make_sides(folder: Path, builds: dict[str, str]) -> Sides:
    """Return how each side is run once; a side is a case and a build."""
    sides: Sides = {}
    for name, case in cases_of(builds).items():
        for build, python in builds.items():
            sides[f"{name}, {build}"] = partial(case.run, python, folder / case.folder.format(build=build))
    sides["ten times"] = partial(CASES["compare"].run, builds["new"], folder / "ten-times")
    return sides


def print_results(costs: dict[str, list[paired.Cost]], runs: int) -> dict[str, paired.Ratio]:
    """Print a line for each case and return the ratios."""
    ratios = {}
    print(f"{'case':14} {'new':>8} {'base':>8}   new / base, median (least to most)   target")
    for name, case in CASES.items():
        new, base = costs.get(f"{name}, new"), costs.get(f"{name}, base")
        if new and not base:
            print(f"{name:14} {paired.middle(new).cpu:6.2f} s")
        elif new:
            ratio = ratios[name] = paired.ratio(costs, f"{name}, new", f"{name}, base")
            target = "" if case.target is None else f"≤ {case.target}"
            print(
                f"{name:14} {paired.middle(new).cpu:6.2f} s {paired.middle(base).cpu:6.2f} s   {ratio!s:35}   {target}"
            )
    ratio = ratios["ten times"] = paired.ratio(costs, "ten times", "compare, new")
    seconds = paired.middle(costs["ten times"]).cpu
    print(f"\n{TIMES * runs:,} runs take {seconds:.2f} s, {ratio} times as long as {runs:,}; target ≤ {LINEAR:.0f}")
    return ratios


def main(arguments: list[str]) -> None:
    parser = paired.parser_of("compare", __doc__)
    parser.add_argument("--runs", type=int, default=1000, help="runs in each folder (default: 1000)")
    args = parser.parse_args(arguments)
    paired.check_counts(parser, args, turns=1, runs=2 * many_runs.SEEDS)
    builds = {"new": sys.executable} | ({"base": paired.python_of(args.base)} if args.base else {})
    with tempfile.TemporaryDirectory() as name:
        write_folders(Path(name), builds, args.runs)
        costs = paired.run_in_turns(make_sides(Path(name), builds), args.turns)
    print(f"tables of {args.runs:,} runs, processor seconds of one thread, medians of {args.turns} turns\n")
    ratios = print_results(costs, args.runs)
    paired.write(args.json, {"runs": args.runs, "costs": costs, "ratios": ratios})


if __name__ == "__main__":
    main(sys.argv[1:])
