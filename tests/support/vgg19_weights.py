"""Files in place of the published weights of VGG19."""

from pathlib import Path

import torch
from torchvision.models import vgg19

from ganlab.layers.vgg19 import ENDS, FILE


def write_empty_file(home: Path) -> None:
    """Write an empty file where torchvision keeps the weights, below its TORCH_HOME; no network can read it."""
    path = home / "hub" / "checkpoints" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def write_random_weights(path: Path) -> None:
    """Write random weights in the format of the published ones, for the layers that are read."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = vgg19(weights=None).features[: ENDS[-1]].state_dict()
    torch.save({f"features.{name}": value for name, value in state.items()}, path)
