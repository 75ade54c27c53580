"""Time ganlab's step against a hand-written PyTorch loop of the same GAN, side by side on this machine.

Each side is a separate process that runs a block of steps on command. The sides take turns, so other programs on the
machine slow down all of them. The first block is discarded.

sides:
  loop    loop.py as in tutorials: DataLoader, default Adam, one generator forward pass for each player
  ganlab  a real `ganlab train` with ema=none (the loop has no EMA either) and the standard callbacks, except those that
          score, sample or save
  ema     the same with ema=half_life, for information
  lean    loop.py with one generator forward pass and without a DataLoader, for information
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from paired import check_counts, python_of
from random_images import write_images
from timed_process import HERE, TimedProcess, choose_device, help_seconds

from ganlab.config import compose, instantiate
from ganlab.data import normalize

SIDES = ("loop", "ganlab", "ema", "lean")
COMMAND = [sys.executable, "-c", "import sys; from ganlab.commands.cli import main; sys.exit(main())", "train"]
ROWS = 1 << 16  # samples that the loop uses if the data set is infinite
COMMON = [
    "game=adversarial", "latent=normal", "regularizer=[]", "augment=none", "schedule=alternating",
    "optimizer=adam", "lr_schedule=constant", "metric=[]", "logger=[csv]", "log_every=50", "iterations=1000000000",
    "callback=[nan_monitor,metrics_logger,progress,status_file,interrupt]",
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A GAN, the largest allowed ratio of ganlab's step time to the naive loop's, and how many steps to time."""

    loss: str
    overrides: tuple[str, ...]
    limit: float
    blocks: int
    steps: int


CASES = {
    "mlp": Case("non_saturating", (
        "data=ring", "generator=mlp_128", "discriminator=mlp_128", "latent.size=16", "batch_size=256",
    ), limit=0.85, blocks=40, steps=50),
    "dcgan": Case("non_saturating", (
        "data=digits", "data.resolution=28", "generator=dcgan_28", "discriminator=dcgan_28", "latent.size=100",
        "batch_size=64",
    ), limit=0.85, blocks=8, steps=3),
    "sngan": Case("hinge", (
        "data=cifar10", "data.path=cifar", "data.validation=0", "generator=sngan", "discriminator=sngan",
        "latent.size=128", "batch_size=64",
    ), limit=0.60, blocks=3, steps=1),
}  # fmt: skip


def write_case(case: Case, overrides: list[str], device: str, folder: Path) -> None:
    """Write the settings that the loop needs to case.json, and the data as one float32 tensor to table.pt."""
    config = compose(overrides)
    data = instantiate(config.data)
    table = torch.cat([normalize(batch).sample for batch in data.real_samples(ROWS)])
    torch.save(table, folder / "table.pt")
    adam = config.optimizer.generator
    content = {
        "loss": case.loss, "device": device, "precision": config.trainer.precision, "batch_size": config.batch_size,
        "lr": adam.lr, "betas": list(adam.betas), "latent": config.latent.size, "sample": data.spec.sample,
        "generator": dict(config.generator), "discriminator": dict(config.discriminator), "table": "table.pt",
    }  # fmt: skip
    (folder / "case.json").write_text(json.dumps(content, default=list))


def commands(case: Case, device: str, precision: str, folder: Path, base: Path | None = None) -> dict[str, list[str]]:
    """Prepare a case in a folder and return the command of each side; `base` is another build, for the loops."""
    write_images(folder / "cifar")
    trainer = [f"trainer={'gpu' if device == 'cuda' else 'cpu'}", f"trainer.precision={precision}"]
    overrides = [*COMMON, f"loss={case.loss}", *case.overrides, *trainer]
    previous = os.getcwd()
    os.chdir(folder)
    write_case(case, overrides, device, folder)
    os.chdir(previous)
    ganlab = [*COMMAND, *overrides, "callback.pace._target_=pace.Pace"]
    loop = (
        [python_of(base), str(base / "scripts/benchmarks/loop.py")] if base else [sys.executable, str(HERE / "loop.py")]
    )
    return {
        "loop": [*loop, "naive", "case.json"],
        "ganlab": [*ganlab, "ema=none", "run_dir=run"],
        "ema": [*ganlab, "ema=half_life", "run_dir=run_ema"],
        "lean": [*loop, "lean", "case.json"],
    }


def measure(commands: dict[str, list[str]], blocks: int, steps: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Start all sides, time them in turns, and return the results by side."""
    sides: list[TimedProcess] = []
    try:
        for name, command in commands.items():
            sides.append(TimedProcess(name, command, folder))
            sides[-1].warm_up(steps)
        for block in range(blocks):
            for side in sides if block % 2 == 0 else reversed(sides):
                side.run(steps)
    finally:
        for side in sides:
            side.close()
    return {side.name: numbers(side, sides[0]) for side in sides}


def numbers(side: TimedProcess, loop: TimedProcess) -> dict[str, Any]:
    """Return the medians of a side and their ratios to those of the loop."""
    paired = [side_time / loop_time for side_time, loop_time in zip(side.wall, loop.wall, strict=True)]
    return {
        "ms_per_step": median(side.wall),
        "ratio": median(side.wall) / median(loop.wall),
        "paired": [min(paired), median(paired), max(paired)],
        "cpu_ratio": median(side.cpu) / median(loop.cpu),
        "peak_mib": side.report["peak_mib"],
        "memory_ratio": side.report["peak_mib"] / loop.report["peak_mib"],
        "first_step_seconds": side.first_step_seconds,
        "threads": side.report["threads"],
    }


HEADER = "case   side     ms/step  ratio  limit   paired: least, median, most  cpu ratio   MiB  ratio  first step"


def table(name: str, case: Case, sides: dict[str, dict[str, Any]]) -> str:
    """Return the rows of a case as text."""
    rows = []
    for side, n in sides.items():
        limit = f"{case.limit:.2f}" if side == "ganlab" else ""
        paired = "  ".join(f"{ratio:5.2f}" for ratio in n["paired"])
        rows.append(
            f"{name:6} {side:7} {n['ms_per_step']:8.2f} {n['ratio']:6.2f} {limit:>6}          {paired} "
            f"{n['cpu_ratio']:10.2f} {n['peak_mib']:6.0f} {n['memory_ratio']:6.2f} {n['first_step_seconds']:9.1f} s"
        )
    return "\n".join(rows)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark step", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="which GANs (default: all)")
    parser.add_argument(
        "--sides", nargs="+", choices=SIDES, default=list(SIDES), help="which sides, in addition to the loop"
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: cuda if there is one")
    parser.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true", help="of all sides")
    parser.add_argument("--threads", type=int, help="threads of each side (default: torch's)")
    parser.add_argument("--blocks", type=int, help="timed blocks of each side (default: depends on the case)")
    parser.add_argument("--steps", type=int, help="steps per block (default: depends on the case, for two cores)")
    parser.add_argument(
        "--base", type=Path, metavar="DIR", help="a checkout with .venv, whose loops and networks to use"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    args = parser.parse_args(arguments)
    check_counts(parser, args, threads=1, blocks=1, steps=1)
    args.device = choose_device(args.device)
    return args


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    if args.threads:
        os.environ["OMP_NUM_THREADS"] = str(args.threads)
    result: dict[str, Any] = {"torch": torch.__version__, "device": args.device, "precision": args.precision}
    result |= {"help_seconds": help_seconds(COMMAND), "cases": {}}
    print(
        f"torch {torch.__version__}, {args.device}, {args.precision}; ratios are relative to the loop\n\n{HEADER}",
        flush=True,
    )
    for name in args.cases:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            all_commands = commands(case, args.device, args.precision, Path(folder), args.base)
            chosen = {side: all_commands[side] for side in SIDES if side == "loop" or side in args.sides}
            sides = measure(chosen, args.blocks or case.blocks, args.steps or case.steps, Path(folder))
        result["cases"][name] = sides
        print(table(name, case, sides), flush=True)
    print(f"\nganlab train --help: {result['help_seconds']:.2f} s")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
