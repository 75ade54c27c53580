"""Time ganlab's SNGAN-32 step against torch-mimicry's published train steps, side by side on this machine.

Both make the same updates on the same number of real images: batches of 64, and every fifth also updates the generator.
published.py reimplements the published steps. ganlab is a real `ganlab train` with the same settings and the standard
callbacks, except those that score, sample or save, and without EMA, which the published steps do not have either. Each
side is a separate process, and they take turns, as in step.py.

sides:
  published  float32, as torch-mimicry trains
  ganlab     float32
  bf16       ganlab with trainer.precision=bf16-mixed, for information: fast if the processor supports bfloat16
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import torch
from paired import check_counts
from random_images import write_images
from step import COMMAND
from timed_process import HERE, TimedProcess, choose_device

DISCRIMINATOR_UPDATES = 5
SIDES = ("published", "ganlab", "bf16")
OVERRIDES = [
    "experiment=sngan_cifar10", "data.path=cifar", "data.validation=0", "ema=none", "metric=[]", "logger=[csv]",
    "features=auto", "protocol=standard", "log_every=50", "iterations=1000000000",
    "callback=[nan_monitor,metrics_logger,progress,status_file,interrupt]", "callback.pace._target_=pace.Pace",
]  # fmt: skip


def commands(batch_size: int, device: str, folder: Path) -> dict[str, list[str]]:
    """Write random images to a folder and return the command of each side."""
    write_images(folder / "cifar")
    torch.save(torch.randint(256, (2000, 3, 32, 32), dtype=torch.uint8), folder / "images.pt")
    published = [
        sys.executable,
        str(HERE / "published.py"),
        "images.pt",
        str(batch_size),
        str(DISCRIMINATOR_UPDATES),
        device,
    ]
    ganlab = [*COMMAND, *OVERRIDES, f"batch_size={batch_size}", f"trainer={'gpu' if device == 'cuda' else 'cpu'}"]
    return {
        "published": published,
        "ganlab": [*ganlab, "trainer.precision=32-true", "run_dir=run"],
        "bf16": [*ganlab, "trainer.precision=bf16-mixed", "run_dir=run_bf16"],
    }


def measure(commands: dict[str, list[str]], blocks: int, folder: Path) -> dict[str, TimedProcess]:
    """Start the sides and time them in turns; a block is one update of the generator with its discriminator updates."""
    sides: list[TimedProcess] = []
    try:
        for name, command in commands.items():
            sides.append(TimedProcess(name, command, folder))
            sides[-1].warm_up(DISCRIMINATOR_UPDATES)
        for block in range(blocks):
            for side in sides if block % 2 == 0 else reversed(sides):
                side.run(DISCRIMINATOR_UPDATES)
                print(f"block {block + 1}: {side.name} {side.wall[-1]:.0f} ms a batch", file=sys.stderr, flush=True)
    finally:
        for side in sides:
            side.close()
    return {side.name: side for side in sides}


def numbers(side: TimedProcess, published: TimedProcess, batch_size: int) -> dict[str, Any]:
    """Return the medians of a side, and how many times faster than the published steps it is."""
    paired = [published_time / time for time, published_time in zip(side.wall, published.wall, strict=True)]
    return {
        "images_per_second": 1000 * batch_size / median(side.wall),
        "times": median(published.wall) / median(side.wall),
        "paired": [min(paired), median(paired), max(paired)],
        "cpu_times": median(published.cpu) / median(side.cpu),
        "peak_mib": side.report["peak_mib"],
        "threads": side.report["threads"],
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark mimicry", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sides", nargs="+", choices=SIDES, default=list(SIDES), help="which sides, in addition to the published steps"
    )
    parser.add_argument("--blocks", type=int, default=5, help="timed blocks of each side (default: 5)")
    parser.add_argument("--batch-size", type=int, default=64, help="batch size of all sides (default: 64)")
    parser.add_argument("--threads", type=int, help="threads of each side (default: torch's)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: cuda if there is one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    args = parser.parse_args(arguments)
    check_counts(parser, args, blocks=1, batch_size=2, threads=1)
    args.device = choose_device(args.device)
    return args


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    if args.threads:
        os.environ["OMP_NUM_THREADS"] = str(args.threads)
    with tempfile.TemporaryDirectory() as name:
        all_commands = commands(args.batch_size, args.device, Path(name))
        chosen = {side: all_commands[side] for side in SIDES if side == "published" or side in args.sides}
        sides = measure(chosen, args.blocks, Path(name))
    rows = {name: numbers(side, sides["published"], args.batch_size) for name, side in sides.items()}
    print(f"SNGAN-32 at batch {args.batch_size}, {args.device}, torch {torch.__version__}, medians of {args.blocks}")
    print("side        images/s   times   paired: least, median, most   cpu times     MiB")
    for side, row in rows.items():
        paired = "   ".join(f"{ratio:5.2f}" for ratio in row["paired"])
        print(
            f"{side:10} {row['images_per_second']:9.1f} {row['times']:7.2f}           {paired} "
            f"{row['cpu_times']:11.2f} {row['peak_mib']:7.0f}"
        )
    if args.json:
        content = {"torch": torch.__version__, "device": args.device, "batch_size": args.batch_size, "sides": rows}
        args.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
