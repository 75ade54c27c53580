"""Time `ganlab evaluate` against pytorch-fid and torch-fidelity: FID of the same images by the same Inception.

Each run is one command, timed from its imports to the printed score, and the sides take turns. The weights are random,
because only their shapes matter for the time. ganlab runs twice per turn: first with an empty cache, then with other
generated images, as for the next checkpoint of a run, when the statistics of the real images are cached. The other two
have no cache that their command lines key by content.

sides:
  pytorch-fid     `python -m pytorch_fid REAL FAKE` with the same weights
  torch-fidelity  `calculate_metrics(fid=True)` on the two folders
  first           `ganlab evaluate real=REAL fake=FAKE` with an empty cache
  later           the same again with another folder of generated images
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from paired import check_counts
from torch import nn
from torchvision.io import write_png
from torchvision.models import inception_v3

SIZE = 32
GANLAB = [sys.executable, "-m", "ganlab.commands.evaluate"]
PYTORCH_FID = """
import sys
from pytorch_fid import fid_score, inception
inception.load_state_dict_from_url = lambda *args, **kwargs: __import__("torch").load(WEIGHTS, weights_only=True)
sys.argv = ["pytorch_fid", REAL, FAKE, "--batch-size", str(BATCH), "--device", DEVICE, "--num-workers", "0"]
fid_score.main()
"""
TORCH_FIDELITY = """
import torch_fidelity
print(torch_fidelity.calculate_metrics(input1=FAKE, input2=REAL, fid=True, cuda=DEVICE == "cuda", batch_size=BATCH,
      cache=False, verbose=False, save_cpu_ram=True, feature_extractor_weights_path=WEIGHTS))
"""


def write_images(folder: Path, count: int, seed: int) -> None:
    """Write smooth random colour images."""
    folder.mkdir()
    random = torch.Generator().manual_seed(seed)
    for number in range(count):
        patch = torch.randn(1, 3, 4, 4, generator=random) * 60 + 128
        image = nn.functional.interpolate(patch, SIZE, mode="bicubic")[0].round().clamp(0, 255).to(torch.uint8)
        write_png(image, str(folder / f"{number:06}.png"))


def write_weights(path: Path) -> None:
    """Write random weights in the published format, scaled to avoid activations so small that they are slow."""
    torch.manual_seed(0)
    network = inception_v3(num_classes=1008, aux_logits=False, init_weights=False)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    torch.save(network.state_dict(), path)


def commands(folder: Path, batch: int, device: str) -> dict[str, list[str]]:
    """Return the command of each side."""
    real, fake, weights = (str(folder / name) for name in ("real", "fake", "weights.pth"))
    variables = {"REAL": real, "FAKE": fake, "WEIGHTS": weights, "BATCH": batch, "DEVICE": device}
    assignments = "".join(f"{name} = {value!r}\n" for name, value in variables.items())
    ganlab = [*GANLAB, f"real={real}", "features=inception", f"features.weights={weights}", "metric=[fid]"]
    ganlab += [f"protocol.batch_size={batch}", "protocol.resamples=0", f"device={device}", "neighbours=0"]
    return {
        "pytorch-fid": [sys.executable, "-c", assignments + PYTORCH_FID],
        "torch-fidelity": [sys.executable, "-c", assignments + TORCH_FIDELITY],
        "first": [*ganlab, f"fake={fake}", f"output={folder}/first.json"],
        "later": [*ganlab, f"fake={folder}/other", f"output={folder}/later.json"],
    }


def run_timed(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command and return its wall-clock and CPU seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | {"GANLAB_CACHE": str(folder / "cache")}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{command[:3]} failed:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": time.perf_counter() - started, "cpu": cpu}


def distance_seconds() -> float:
    """Return the median time for only the Fréchet distance between two Gaussians of 2048 dimensions."""
    from ganlab.metrics.frechet import frechet_distance

    random = torch.Generator().manual_seed(0)
    samples = [torch.randn(4096, 2048, generator=random, dtype=torch.float64) for _ in range(2)]
    moments = [(values.mean(0), values.T.cov()) for values in samples]
    times = []
    for _ in range(3):
        started = time.perf_counter()
        frechet_distance(*moments[0], *moments[1])
        times.append(time.perf_counter() - started)
    return median(times)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark fid", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images", type=int, default=10_000, help="real images, and generated images (default: 10,000 each)"
    )
    parser.add_argument("--turns", type=int, default=1, help="runs of each side (default: 1)")
    parser.add_argument("--batch-size", type=int, default=50, help="batch size of all sides (default: 50)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="device of all sides (default: cpu)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    args = parser.parse_args(arguments)
    check_counts(parser, args, images=2, turns=1, batch_size=1)
    return args


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, subfolder in enumerate(("real", "fake", "other")):
            write_images(folder / subfolder, args.images, seed)
        write_weights(folder / "weights.pth")
        all_commands = commands(folder, args.batch_size, args.device)
        rows: dict[str, list[dict[str, float]]] = {side: [] for side in all_commands}
        for turn in range(args.turns):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            for side, command in all_commands.items():
                rows[side].append(run_timed(command, folder))
                print(f"turn {turn + 1}: {side} {rows[side][-1]['wall']:.1f} s", file=sys.stderr, flush=True)
    result: dict[str, Any] = {"images": args.images, "device": args.device, "torch": torch.__version__, "sides": {}}
    print(f"FID of {args.images} against {args.images} images of {SIZE}x{SIZE}, {args.device}, medians of turns")
    print("side            seconds  cpu seconds   of pytorch-fid   of torch-fidelity")
    for side, times in rows.items():
        wall, cpu = (median(row[key] for row in times) for key in ("wall", "cpu"))
        ratios = [
            median(own["wall"] / reference["wall"] for own, reference in zip(times, rows[other], strict=True))
            for other in ("pytorch-fid", "torch-fidelity")
        ]
        result["sides"][side] = {"wall": wall, "cpu": cpu, "ratios": ratios}
        print(f"{side:14} {wall:8.1f} {cpu:12.1f} {ratios[0]:16.2f} {ratios[1]:19.2f}", flush=True)
    result["distance_seconds"] = distance_seconds()
    print(f"\nonly the distance, with 2048 dimensions: {result['distance_seconds']:.2f} s")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
