"""Time what a process costs before and after its steps: a run of one step, in processor seconds, on one thread.

sides:
  torch      `python -c "import torch"`
  lightning  one step of a GAN on points by Lightning alone (bare_lightning.py)
  step       `ganlab train experiment=ring iterations=1` without metrics
  scored     the same with the experiment's metrics
  base       the same as `step`, by another build of ganlab (with --base)

Both runs of ganlab end with a sample sheet, a checkpoint and an exported generator, as every run does.
"""

import sys
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import paired

ONE_STEP = ["train", "experiment=ring", "iterations=1", "evaluate_every=0", "sample_every=0"]
HERE = Path(__file__).parent
# side, other side, largest ratio that is a success
TARGETS = [
    ("step", "torch", 2.3),
    ("step", "lightning", 0.8),
    ("scored", "torch", 2.9),
    ("base", "torch", None),
    ("step", "base", None),
]


def sides(folder: Path, base: Path | None) -> dict[str, Callable[[], paired.Cost]]:
    """Return how each side is run once."""
    numbers = count()

    def run(*command: str) -> Callable[[], paired.Cost]:
        return lambda: paired.run_timed(command, folder, OMP_NUM_THREADS="1")

    def train(python: str, *words: str) -> Callable[[], paired.Cost]:
        command = [python, "-m", "ganlab", *ONE_STEP, *words]
        return lambda: paired.run_timed([*command, f"run_dir=run-{next(numbers)}"], folder, OMP_NUM_THREADS="1")

    result = {
        "torch": run(sys.executable, "-c", "import torch"),
        "lightning": run(sys.executable, str(HERE / "bare_lightning.py")),
        "step": train(sys.executable, "metric=[]"),
        "scored": train(sys.executable),
    }
    return result | ({"base": train(paired.python_of(base), "metric=[]")} if base else {})


def main(arguments: list[str]) -> None:
    parser = paired.parser_of("startup", __doc__)
    args = parser.parse_args(arguments)
    paired.check_counts(parser, args, turns=1)
    with tempfile.TemporaryDirectory() as folder:
        costs = paired.run_in_turns(sides(Path(folder), args.base), args.turns)
    print(f"a run of one step on points, one thread, medians of {args.turns} turns")
    print("side        processor seconds")
    for side, values in costs.items():
        print(f"{side:10} {paired.middle(values).cpu:18.2f}")
    print("\nratio               median (least to most)   target")
    ratios = {}
    for side, other, target in TARGETS:
        if side in costs and other in costs:
            value = ratios[f"{side}/{other}"] = paired.ratio(costs, side, other)
            print(f"{side + ' / ' + other:18} {value!s:>24}{'' if target is None else f'   ≤ {target}'}")
    paired.write(args.json, {"costs": costs, "ratios": ratios})


if __name__ == "__main__":
    main(sys.argv[1:])
