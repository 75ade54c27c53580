"""The convolutions of VGG19 (Simonyan & Zisserman 2015) with the weights that torchvision has for it."""

from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.core.weight_files import BROKEN, missing_file_message, read_tensors, require_file

FILE = "vgg19-dcbb9e9d.pth"
WHAT = "the weights of VGG19"
ADVICE = (
    f"download torchvision's {FILE} (its VGG19_Weights.IMAGENET1K_V1 says from where) and give it as the setting "
    "weights, or use regularizer=perceptual"
)
ENDS = (2, 7, 12, 21, 30)  # of torchvision's layers: those after the first ReLU of each block
SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)  # of the maps in the distance of Wang et al. 2018
SMALLEST = 16  # side in pixels that the network halves four times
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels, as torchvision has them


def unavailable_reason(weights: str | Path | None, setting: str) -> str | None:
    """Return None if the weights are on this machine, else one sentence; `setting` is what needs them."""
    if weights:
        return missing_file_message(weights, None, WHAT, ADVICE)
    return None if _cached_file().is_file() else f"{setting} needs {WHAT}, which are not at {_cached_file()}; {ADVICE}"


def find_weights(weights: str | Path | None, setting: str) -> Path:
    """Return the file of the weights: the user's, or that which torchvision downloaded.

    Raises FileNotFoundError if it does not exist.
    """
    if message := unavailable_reason(weights, setting):
        raise FileNotFoundError(message)
    return require_file(weights, ADVICE) if weights else _cached_file()


@final
class VGG19(nn.Module):
    """The layers of VGG19 up to the first ReLU of its fifth block, which read pixels in [0, 1].

    Raises ValueError for a file that holds something else.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, path: Path) -> None:
        super().__init__()
        from torchvision.models import vgg19

        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            layers: Any = vgg19(weights=None).features[: ENDS[-1]]
        if not layers[0].weight.is_meta:  # configuration checks build networks without weights
            _load(layers, path)
        for layer in layers:
            if isinstance(layer, nn.ReLU):
                layer.inplace = False  # the maps that a block returns must not change
        self.blocks = nn.ModuleList(layers[a:b] for a, b in zip((0, *ENDS[:-1]), ENDS, strict=True))
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None])

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images (n, 3, height, width) to five maps, of the image's side to a 16th of it."""
        values, maps = (images - self.mean) / self.deviation, []
        for block in self.blocks:
            values = block(values)
            maps.append(values)
        return maps


def _load(layers: nn.Module, path: Path) -> None:
    state = read_tensors(path, WHAT, ADVICE)
    own = layers.state_dict()
    found = {name: state[f"features.{name}"] for name in own if f"features.{name}" in state}
    try:
        layers.load_state_dict(found)
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {WHAT}; {ADVICE}") from error


def _cached_file() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / FILE
