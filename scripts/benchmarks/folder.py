"""Time the opening of a folder of images, the first time and again, and measure the memory that its paths take.

Opening is what a training does before its first step: the data set, its fingerprint and the first batch, without the
imports. Every opening is a process of its own; the first has an empty cache, the second the cache of the first. Builds
take turns.

places:
  memory  all pixels fit in memory
  disk    the images stay on disk and are decoded on access; worker processes are measured here
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

SIZE, CLASSES, PATTERNS, BATCH = 32, 10, 300, 64
TARGET = 0.1  # of the first opening's processor seconds
LIMITS = {"memory": 1 << 16, "disk": 0}  # MiB
WORKERS, STEPS = 4, 400
SETTLE_SECONDS = 4  # files that have just changed are not cached
ROOT = Path(__file__).resolve().parents[2]


def write_images(folder: Path, count: int) -> None:
    """Write smooth random colour images in ten classes."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    patterns = [random.integers(0, 256, (4, 4, 3), dtype=np.uint8) for _ in range(PATTERNS)]
    pattern = folder.with_name("pattern.png")
    contents = []
    for pixels in patterns:
        Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(pattern)
        contents.append(pattern.read_bytes())
    for number in range(CLASSES):
        (folder / f"class{number}").mkdir(parents=True)
    for number in range(count):
        (folder / f"class{number % CLASSES}" / f"{number:08}.png").write_bytes(contents[number % PATTERNS])


def open_folder(folder: str, place: str, workers: int) -> dict[str, Any]:
    """Open a folder with the ganlab of this process, and return processor seconds, memory and the fingerprint."""
    import torch
    from turns import peak_mib

    from ganlab.data import DataModule, ImageFolder

    torch.set_num_threads(1)
    started = time.process_time()
    data = ImageFolder(folder, SIZE, memory_limit_mib=LIMITS[place])
    fingerprint = data.fingerprint()
    module = DataModule(data, BATCH, 1 + STEPS, seed=0)
    module.trainer = SimpleNamespace(lightning_module=SimpleNamespace(steps=0), global_rank=0, world_size=1)
    batch = next(iter(module.train_dataloader()))
    result = {
        "seconds": time.process_time() - started,
        "fingerprint": fingerprint,
        "batch": float(batch.sample.double().mean()),
        "peak_mib": peak_mib(torch.device("cpu")),
    }
    return result | (worker_memory(module, workers) if workers else {})


def worker_memory(module: Any, workers: int) -> dict[str, Any]:
    """Return the memory of this process and of its workers after some steps, in MiB."""
    import multiprocessing

    module.workers = workers
    batches = iter(module.train_dataloader())
    for _ in range(STEPS):
        next(batches)
    processes = [os.getpid(), *(process.pid for process in multiprocessing.active_children())]
    main, *others = [process_memory(pid) for pid in processes if pid]
    return {"main": main, "workers": {kind: median(other[kind] for other in others) for kind in main}}


def process_memory(pid: int) -> dict[str, float]:
    """Return a process's private memory without batches in transit, and its share of all memory (PSS), in MiB."""
    private, pss, is_batch = 0, 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        key, size, *_ = line.split()
        if not key.endswith(":"):  # a mapping begins
            is_batch = "/dev/shm/" in line
        elif key.startswith("Private_") and not is_batch:
            private += int(size)
        elif key == "Pss:":
            pss += int(size)
    return {"private": private / 1024, "pss": pss / 1024}


def run(build: Path, python: str, cache: Path, arguments: list[str]) -> dict[str, Any]:
    """Open the folder in a new process with a build's ganlab."""
    environment = os.environ | {"GANLAB_CACHE": str(cache), "PYTHONPATH": str(build), "OMP_NUM_THREADS": "1"}
    command = [python, str(Path(__file__).resolve()), "--open", *arguments]
    done = subprocess.run(command, env=environment, cwd=build, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"opening with {build} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(args: argparse.Namespace, scratch: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the openings of every build and place, as [first, second, first, second, …]."""
    builds = {"ganlab": (ROOT, sys.executable)}
    if args.base:
        builds["base"] = (args.base.resolve(), str(args.base.resolve() / ".venv" / "bin" / "python"))
    folder, rows = scratch / "images", {name: {place: [] for place in LIMITS} for name in builds}
    write_images(folder, args.files)
    time.sleep(SETTLE_SECONDS)
    for turn in range(args.turns):
        for place in LIMITS:
            for name, (build, python) in builds.items():
                cache = scratch / f"{name} {place} {turn}"
                last = turn == args.turns - 1 and place == "disk" and Path("/proc/self/smaps").exists()
                for workers in (0, WORKERS if last else 0):
                    rows[name][place].append(run(build, python, cache, [str(folder), place, str(workers)]))
                seconds = [f"{row['seconds']:.2f}" for row in rows[name][place][-2:]]
                print(f"turn {turn + 1}: {name}, {place}: {' and '.join(seconds)} s", file=sys.stderr, flush=True)
                for path in cache.rglob("*.records"):
                    path.unlink()
    return rows


def report(rows: dict[str, dict[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """Print all numbers and return them; raises SystemExit if the builds read different data."""
    everything = [row for places in rows.values() for openings in places.values() for row in openings]
    if len({(row["fingerprint"], row["batch"]) for row in everything}) > 1:
        raise SystemExit("the openings disagree about the data")
    result: dict[str, Any] = {}
    print("build   place    first  second  second/first (least..most)  peak MiB first, second")
    for name, places in rows.items():
        result[name] = {}
        for place, openings in places.items():
            first, second = openings[::2], openings[1::2]
            ratios = sorted(b["seconds"] / a["seconds"] for a, b in zip(first, second, strict=True))
            numbers = {"ratio": median(ratios), "least": ratios[0], "most": ratios[-1]}
            for kind, part in (("first", first), ("second", second)):
                numbers[f"{kind}_seconds"] = median(row["seconds"] for row in part)
                numbers[f"{kind}_peak_mib"] = median(row["peak_mib"] for row in part)
            result[name][place] = numbers
            print(
                f"{name:7} {place:6} {numbers['first_seconds']:7.2f} {numbers['second_seconds']:7.2f}"
                f" {numbers['ratio']:13.3f} ({ratios[0]:.3f}..{ratios[-1]:.3f})"
                f" {numbers['first_peak_mib']:15.0f} {numbers['second_peak_mib']:7.0f}"
            )
        last = places["disk"][-1]
        if "workers" in last:
            result[name]["main_mib"], result[name]["worker_mib"] = last["main"], last["workers"]
            memory = [f"{last[key][kind]:.1f}" for key in ("main", "workers") for kind in ("private", "pss")]
            print(
                f"{name:7} private memory and PSS in MiB: main process {memory[0]} and {memory[1]}, each of {WORKERS} "
                f"workers {memory[2]} and {memory[3]}"
            )
    print(f"target for second/first: at most {TARGET}")
    return result


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark folder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=100_000, help="images in the folder (default: 100,000)")
    parser.add_argument("--turns", type=int, default=5, help="first and second openings of each build (default: 5)")
    parser.add_argument("--base", type=Path, metavar="DIR", help="also measure the build in DIR, with its .venv")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    args = parser.parse_args(arguments)
    for name, minimum in (("files", 100), ("turns", 1)):
        if getattr(args, name) < minimum:
            parser.error(f"--{name} must be at least {minimum}, got {getattr(args, name)}")
    if args.base and not (args.base / ".venv" / "bin" / "python").exists():
        parser.error(f"--base must be a folder with ganlab and its .venv/bin/python, got {args.base}")
    return args


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--open"]:
        folder, place, workers = arguments[1:]
        print(json.dumps(open_folder(folder, place, int(workers))))
        return
    args = parse(arguments)
    print(f"opening {args.files:,} images of {SIZE}x{SIZE}, processor seconds, medians of {args.turns} turns")
    with tempfile.TemporaryDirectory() as name:
        result = report(measure(args, Path(name)))
    if args.json:
        args.json.write_text(json.dumps({"files": args.files, "target": TARGET, "builds": result}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
