"""Time ganlab's SNGAN-32 step against torch-mimicry's published train steps, side by side on this machine.

Both make the same moves on as many real images: batches of 64, of which every fifth moves the generator too. What the
published steps do is written anew in published.py; of ganlab it is a real `ganlab train` of the same settings with the
standard callbacks, without those that score, draw or save, and without an average of weights, which the published
steps do not keep either. Every side is a process of its own that stays alive, and they take turns, as in compare.py.

sides:
  published  float32, as torch-mimicry trains
  ganlab     float32
  bf16       ganlab with trainer.precision=bf16-mixed, for information: fast where the processor has such arithmetic
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
from compare import COMMAND, HERE, SampleStatistics, write_images

CRITIC_STEPS = 5
SIDES = ("published", "ganlab", "bf16")
OVERRIDES = [
    "experiment=sngan_cifar10", "data.path=cifar", "data.validation=0", "ema=none", "metric=[]", "logger=[csv]",
    "features=auto", "protocol=standard", "log_every=50", "iterations=1000000000",
    "callback=[nan_monitor,metrics_logger,progress,status_file,interrupt]", "callback.pace._target_=pace.Pace",
]  # fmt: skip


def commands(batch_size: int, device: str, folder: Path) -> dict[str, list[str]]:
    """Write random images into a folder and return the command of every side."""
    write_images(folder / "cifar")
    torch.save(torch.randint(256, (2000, 3, 32, 32), dtype=torch.uint8), folder / "images.pt")
    published = [sys.executable, str(HERE / "published.py"), "images.pt", str(batch_size), str(CRITIC_STEPS), device]
    ours = [*COMMAND, *OVERRIDES, f"batch_size={batch_size}", f"trainer={'gpu' if device == 'cuda' else 'cpu'}"]
    return {
        "published": published,
        "ganlab": [*ours, "trainer.precision=32-true", "run_dir=run"],
        "bf16": [*ours, "trainer.precision=bf16-mixed", "run_dir=run_bf16"],
    }


def measure(commands: dict[str, list[str]], blocks: int, folder: Path) -> dict[str, SampleStatistics]:
    """Start the sides and let them take turns; a block is one move of the generator and those of the critic."""
    sides: list[SampleStatistics] = []
    try:
        for name, command in commands.items():
            sides.append(SampleStatistics(name, command, folder))
            sides[-1].warm_up(CRITIC_STEPS)
        for block in range(blocks):
            for side in sides if block % 2 == 0 else reversed(sides):
                side.run(CRITIC_STEPS)
                print(f"block {block + 1}: {side.name} {side.wall[-1]:.0f} ms a batch", file=sys.stderr, flush=True)
    finally:
        for side in sides:
            side.close()
    return {side.name: side for side in sides}


def numbers(side: SampleStatistics, published: SampleStatistics, batch_size: int) -> dict[str, Any]:
    """Return a side's medians, and how many times as fast as the published steps it is."""
    paired = [theirs / mine for mine, theirs in zip(side.wall, published.wall, strict=True)]
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
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES), help="which, beside the published")
    parser.add_argument("--blocks", type=int, default=5, help="timed blocks of every side (default: 5)")
    parser.add_argument("--batch-size", type=int, default=64, help="of all sides (default: 64)")
    parser.add_argument("--threads", type=int, help="threads of every side (default: as torch chooses)")
    parser.add_argument(
        "--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: cuda where there is one"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there too")
    given = parser.parse_args(arguments)
    for name, least in (("blocks", 1), ("batch_size", 2), ("threads", 1)):
        if getattr(given, name) is not None and getattr(given, name) < least:
            parser.error(f"--{name.replace('_', '-')} must be at least {least}, got {getattr(given, name)}")
    if given.device == "auto":
        given.device = "cuda" if torch.cuda.is_available() else "cpu"
    return given


def main(arguments: list[str]) -> None:
    given = parse(arguments)
    if given.threads:
        os.environ["OMP_NUM_THREADS"] = str(given.threads)
    with tempfile.TemporaryDirectory() as name:
        every = commands(given.batch_size, given.device, Path(name))
        chosen = {side: every[side] for side in SIDES if side == "published" or side in given.sides}
        sides = measure(chosen, given.blocks, Path(name))
    rows = {name: numbers(side, sides["published"], given.batch_size) for name, side in sides.items()}
    print(f"SNGAN-32 at batch {given.batch_size}, {given.device}, torch {torch.__version__}, medians of {given.blocks}")
    print("side        images/s   times   paired: least, median, most   cpu times     MiB")
    for side, row in rows.items():
        paired = "   ".join(f"{ratio:5.2f}" for ratio in row["paired"])
        print(
            f"{side:10} {row['images_per_second']:9.1f} {row['times']:7.2f}           {paired} "
            f"{row['cpu_times']:11.2f} {row['peak_mib']:7.0f}"
        )
    if given.json:
        content = {"torch": torch.__version__, "device": given.device, "batch_size": given.batch_size, "sides": rows}
        given.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
