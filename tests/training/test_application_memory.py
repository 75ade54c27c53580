"""Tiles bound the memory that an image of any size needs."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.small_runs import clean

MIB = 1 << 20
SCRIPT = """
import resource, sys
import numpy as np
import torch
from PIL import Image
from support.translators import Convolution, translator
from ganlab.games.pictures import apply
torch.set_num_threads(1)
network = Convolution(latent=0)
network.down, network.up[0] = torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.Conv2d(32, 3, 3, padding=1)
height, width, tile = map(int, sys.argv[1:])
tool = translator(network, tile=tile or None)
apply(tool, Image.new("RGB", (32, 32)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
output = apply(tool, Image.new("RGB", (width, height), "grey"))
assert output.size == (width, height)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def peak_bytes(height: int, width: int, tile: int) -> int:
    """Return the memory that translating one image adds to a process, in bytes."""
    environment = clean(PYTHONPATH=str(Path(__file__).parents[2]))
    arguments = [sys.executable, "-c", SCRIPT, *map(str, (height, width, tile))]
    return int(subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment).stdout)


@pytest.mark.slow
def test_a_large_photograph_in_tiles_needs_little_more_than_the_photograph():
    values = 3 * 2000 * 3000 * 4  # bytes of the image in float32
    tiled = peak_bytes(2000, 3000, 256)
    assert tiled < 6 * values
    # The 32 channels of one layer alone are more than ten times the image, so all of them at once cannot be there.
    assert tiled < 32 * 2000 * 3000 * 4
