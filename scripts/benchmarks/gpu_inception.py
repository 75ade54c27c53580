"""Print how many images of 32×32 per second the FID Inception maps to features, in float32 and on GPUs in TF32.

The weights are random, because only their shapes matter for the time. ganlab scores in float32 only.
Usage: gpu_inception.py DEVICE BATCH_SIZE REPEATS OUTPUT.json
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import torch
from fid import write_weights
from zoo import synchronize

from ganlab.core.interfaces import Spec
from ganlab.features import Inception


def measure(features: Inception, images: torch.Tensor, repeats: int) -> float:
    """Return the median number of images per second, after one pass to warm up."""
    times = []
    with torch.no_grad():
        for _ in range(repeats + 1):
            synchronize(images.device)
            started = time.perf_counter()
            features.extract(images)
            synchronize(images.device)
            times.append(time.perf_counter() - started)
    return len(images) / median(times[1:])


def main(device: str, batch_size: str, repeats: str, output: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        write_weights(weights)
        features = Inception(SimpleNamespace(spec=Spec((3, 32, 32))), weights=weights).to(device)
    images = torch.randint(256, (int(batch_size), 3, 32, 32), dtype=torch.uint8).to(device)
    rows = {}
    for name, precision in (("float32", "ieee"), ("TF32", "tf32")):
        if precision == "tf32" and device == "cpu":
            continue
        for setting in (torch.backends.cudnn.conv, torch.backends.cuda.matmul):
            setting.fp32_precision = precision
        rows[name] = {"images_per_second": measure(features, images, int(repeats))}
        Path(output).write_text(json.dumps({"rows": rows}))
        print(name, f"{rows[name]['images_per_second']:.0f} images/s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
