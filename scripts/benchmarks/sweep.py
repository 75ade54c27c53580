"""Time a sweep of short runs, and measure its memory: `ganlab train -m experiment=ring iterations=50 seed=range(0,40)`.

sides:
  forked  jobs forked from a process that has imported everything, the default on Linux
  fresh   `hydra.launcher.start_method=spawn`: a new Python for each job
  base    the same sweep by another build of ganlab (with --base)

Memory is the most that all processes of a sweep had at one moment, sampled in one more sweep of each side: `private` is
the sum of what each process shares with no other, `total` also divides shared pages among those that share them.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import paired

SAMPLE_SECONDS = 0.2


class Memory(NamedTuple):
    """The memory of all processes of a sweep, in MiB."""

    private: float
    total: float


def command(python: str, args: list[str], jobs: int, iterations: int, directory: str) -> list[str]:
    """Return the command of a sweep."""
    words = ["-m", "experiment=ring", f"iterations={iterations}", f"seed=range(0,{jobs})"]
    return [python, "-m", "ganlab", "train", *words, *args, f"hydra.sweep.dir={directory}"]


def measure_memory(words: list[str], folder: Path) -> Memory:
    """Run a sweep and return the most memory that its processes had."""
    samples: list[Memory] = []
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            amounts = [_memory(pid) for pid in _with_descendants(process.pid)]
            samples.append(Memory(sum(own.private for own in amounts), sum(own.total for own in amounts)))

    thread = threading.Thread(target=sample)
    thread.start()
    code = process.wait()
    ended.set()
    thread.join()
    if code:
        raise SystemExit(f"{' '.join(words)} ended with {code}")
    return Memory(max(own.private for own in samples), max(own.total for own in samples))


def _with_descendants(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    except OSError:  # it has ended
        return
    for child in children:
        yield from _with_descendants(child)


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def _memory(pid: int) -> Memory:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return Memory(0, 0)
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    private = kib.get("Private_Clean", 0) + kib.get("Private_Dirty", 0)
    return Memory(private / 2**10, kib.get("Pss", 0) / 2**10)


def sides(base: Path | None, jobs: int, iterations: int) -> dict[str, Callable[[], list[str]]]:
    """Return a function of each side that returns the command of its next sweep."""
    numbers = count()

    def side(python: str, *args: str) -> Callable[[], list[str]]:
        return lambda: command(python, list(args), jobs, iterations, f"sweep-{next(numbers)}")

    result = {
        "forked": side(sys.executable, "hydra.launcher.start_method=auto"),
        "fresh": side(sys.executable, "hydra.launcher.start_method=spawn"),
    }
    return result | ({"base": side(paired.python_of(base))} if base else {})


def main(arguments: list[str]) -> None:
    parser = paired.parser_of("sweep", __doc__)
    parser.add_argument("--jobs", type=int, default=40, help="jobs of each sweep (default: 40)")
    parser.add_argument("--iterations", type=int, default=50, help="steps of each job (default: 50)")
    parser.add_argument("--without-fresh", action="store_true", help="with --base: leave out the side `fresh`")
    args = parser.parse_args(arguments)
    paired.check_counts(parser, args, turns=1, jobs=2, iterations=1)
    all_sides = sides(args.base, args.jobs, args.iterations)
    if args.base and args.without_fresh:
        del all_sides["fresh"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = {side: (lambda words=words: paired.run_timed(words(), folder)) for side, words in all_sides.items()}
        costs = paired.run_in_turns(runs, args.turns)
        memory = {side: measure_memory(words(), folder) for side, words in all_sides.items()}
    print(f"a sweep of {args.jobs} jobs of {args.iterations} steps, medians of {args.turns} turns")
    print("side     seconds   processor seconds   private MiB   total MiB")
    for side, values in costs.items():
        cost = paired.middle(values)
        print(f"{side:8} {cost.wall:7.1f} {cost.cpu:19.1f} {memory[side].private:13.0f} {memory[side].total:11.0f}")
    reference = "base" if args.base else "fresh"
    wall = paired.ratio(costs, "forked", reference, "wall")
    cpu = paired.ratio(costs, "forked", reference)
    print(f"\nforked / {reference}: seconds {wall}, target ≤ 0.35; processor seconds {cpu}")
    shares = [own / other for own, other in zip(memory["forked"], memory[reference], strict=True)]
    print(f"memory: private {shares[0]:.2f}, target ≤ 0.6; total {shares[1]:.2f}")
    paired.write(args.json, {"costs": costs, "memory": {side: own._asdict() for side, own in memory.items()}})


if __name__ == "__main__":
    main(sys.argv[1:])
