"""A folder of photographs with one planted fault of every kind that `ganlab inspect` finds."""

from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from support.planted_duplicates import COPIES, photograph_parts

BLANK, NEARLY_BLANK, TRUNCATED, EMPTY = "blank.png", "nearly blank.png", "truncated.jpg", "empty.png"
GREY, DEEP, PRINT, PALETTE, ALPHA = "grey.png", "deep.png", "print.jpg", "palette.gif", "alpha.png"
WIDE, SMALL = "wide.png", "small.png"
COPY, ORIGINAL = "copy.jpg", "part 00.png"


def write_faulty_folder(path: Path) -> None:
    """Write 20 distinct photographs and the faults."""
    path.mkdir(parents=True)
    parts = photograph_parts(142)
    chosen = [part for number, part in enumerate(parts) if number not in (13, 14, 12, 16)]
    for number, part in enumerate(chosen):
        part.save(path / f"part {number:02}.png")
    Image.new("RGB", (80, 80), (200, 10, 10)).save(path / BLANK)
    dot = Image.new("RGB", (80, 80), "white")
    dot.paste("black", (38, 38, 43, 43))
    dot.save(path / NEARLY_BLANK)
    chosen[1].save(path / TRUNCATED, quality=90)
    (path / TRUNCATED).write_bytes((path / TRUNCATED).read_bytes()[:900])
    (path / EMPTY).write_bytes(b"")
    noise = np.random.default_rng(0)
    texture = np.kron(noise.integers(0, 256, (10, 10), dtype=np.uint8), np.ones((9, 9), np.uint8))
    Image.fromarray(texture).save(path / GREY)
    Image.fromarray(np.kron(noise.integers(0, 65535, (9, 9)), np.ones((9, 9))).astype(np.uint16)).save(path / DEEP)
    blocks = np.kron(noise.integers(0, 256, (8, 8, 4), dtype=np.uint8), np.ones((10, 10, 1), np.uint8))
    Image.fromarray(blocks, "CMYK").save(path / PRINT)
    Image.fromarray(blocks[::-1, :, :3].copy()).quantize(16).save(path / PALETTE)
    Image.fromarray(blocks[:, ::-1].copy(), "RGBA").save(path / ALPHA)
    long = np.kron(noise.integers(0, 256, (5, 40, 3), dtype=np.uint8), np.ones((14, 14, 1), np.uint8))
    Image.fromarray(long).save(path / WIDE)
    Image.fromarray(noise.integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(path / SMALL)
    COPIES["compress"](COPIES["crop and mirror"](chosen[0], Random(0)), Random(0)).save(path / COPY, quality=90)
