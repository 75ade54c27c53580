"""Count the near-duplicates that are found, and those that are none, among planted copies of photographs.

The photographs are those of a folder, such as the stamps of Debian's package tuxpaint-stamps-default, on white:

    apt-get download tuxpaint-stamps-default && dpkg -x tuxpaint-stamps-default_*.deb stamps
    python scripts/benchmarks/near_duplicates.py stamps/usr/share/tuxpaint/stamps

Of each kind of copy there is one per photograph. First the distinct photographs are searched alone, which counts false
alarms; the pairs are listed, because photographs may be alike. Then all copies are added, and a copy is found if it is
in a pair with its original or another copy of it.
"""

import argparse
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image, ImageOps

from ganlab.data.duplicates.search import find_near_duplicates, reduce_images

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.planted_duplicates import COPIES  # noqa: E402 (the tests plant the same copies)

# Drawings, and pictures that the package has twice.
LEFT_OUT = ("cartoon", "symbols/", "_mirror.", "_flip.")
RESOLUTION = 64


def read_photographs(folder: Path, count: int, smallest: int) -> tuple[list[str], list[Image.Image]]:
    """Return names and images, on white, drawn at random from those of at least `smallest` pixels on a side."""
    paths = [path for path in sorted(folder.rglob("*.png")) if not any(part in path.as_posix() for part in LEFT_OUT)]
    Random(0).shuffle(paths)
    found: dict[str, Image.Image] = {}
    for path in paths:
        with Image.open(path) as image:
            if min(image.size) < smallest or path.name in found or image.mode not in ("RGB", "RGBA"):
                continue
            layer = image.convert("RGBA")
        found[path.name] = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
        if len(found) == count:
            break
    return list(found), list(found.values())


def to_thumbnails(images: list[Image.Image], resolution: int) -> torch.Tensor:
    """Return what data.fit=crop makes of the images, as the search reads it."""
    size = (resolution, resolution)
    pixels = np.stack([np.asarray(ImageOps.fit(image, size, Image.Resampling.BICUBIC)) for image in images])
    return reduce_images(torch.from_numpy(pixels).permute(0, 3, 1, 2), 32)


def main() -> None:
    """Print both rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--smallest", type=int, default=105, help="pixels on a side")
    parser.add_argument("--resolution", type=int, default=RESOLUTION)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    names, originals = read_photographs(arguments.folder, arguments.count, arguments.smallest)
    count, random = len(names), Random(arguments.seed)
    alone = find_near_duplicates(to_thumbnails(originals, arguments.resolution))
    concerned = len(alone.pairs.unique())
    print(f"{count} photographs alone: {concerned} ({concerned / count:.1%}) in pairs, threshold {alone.threshold:.4f}")
    for pair, correlation in zip(alone.pairs.tolist(), alone.correlation.tolist(), strict=True):
        print(f"  {names[pair[0]]}  {names[pair[1]]}  {correlation:.4f}")
    copies = [copy(image, random) for copy in COPIES.values() for image in originals]
    start = time.process_time()
    found = find_near_duplicates(to_thumbnails([*originals, *copies], arguments.resolution))
    pairs = found.pairs % count
    same = pairs[:, 0] == pairs[:, 1]
    right = set(found.pairs[same].flatten().tolist())
    for number, kind in enumerate(COPIES, 1):
        rows = range(number * count, (number + 1) * count)
        print(f"{kind:16} {len(right.intersection(rows)) / count:.1%} found")
    wrong = len(found.pairs[~same].unique())
    print(
        f"pairs of different photographs: {wrong} of {count + len(copies)} images ({wrong / (count + len(copies)):.1%})"
    )
    print(f"{time.process_time() - start:.0f} processor seconds")


if __name__ == "__main__":
    main()
