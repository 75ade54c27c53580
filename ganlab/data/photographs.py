"""The photographs that scikit-image and scikit-learn ship: image data for restoration without a download."""

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.data.dataset import SPLITS
from ganlab.data.photograph_parts import PhotographParts
from ganlab.data.readers.photograph_crops import PhotographCrops
from ganlab.data.readers.photograph_storage import InMemoryPhotographs

PACKAGES = {"skimage": ("data",), "sklearn": ("datasets", "images")}  # and their folders of images
# By split; whole photographs are held out, so no part of one is in two splits.
FILES: dict[str, tuple[tuple[str, str], ...]] = {
    "train": tuple(("skimage", name) for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")),
    "validation": (("skimage", "motorcycle_left.png"), ("skimage", "ihc.png")),
    "test": (("sklearn", "china.jpg"), ("sklearn", "flower.jpg")),
}


@final
class Photographs(PhotographParts):
    """Parts of `resolution` pixels of eight colour photographs, drawn at random places for training.

    Four of scikit-image's (astronaut, coffee, chelsea, rocket) are for training, two (motorcycle_left, ihc) for
    validation, and two of scikit-learn's (china, flower) for tests; for scores, parts tile them. Raises ValueError if
    scikit-image is not installed, and for a resolution below 4 or above 300.
    """

    channels: ClassVar[int] = 3

    def __init__(self, resolution: int = 64, flip: bool = True) -> None:
        places = [(split, place) for split in SPLITS for place in FILES[split]]
        crops = PhotographCrops(InMemoryPhotographs([_read(*place) for _, place in places]), resolution)
        names = [name.partition(".")[0] for _, (_, name) in places]
        numbers = {
            split: torch.tensor([number for number, (other, _) in enumerate(places) if other == split])
            for split in SPLITS
        }
        super().__init__(crops, names, numbers, flip)


def _read(package: str, name: str) -> Tensor:
    """Read a photograph, uint8 of shape (3, height, width), from a package that is located but not imported."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ValueError("data=photographs needs scikit-image, which is not installed; pip install 'ganlab[photos]'")
    path = Path(found.origin).parent.joinpath(*PACKAGES[package], name)
    if not path.is_file():
        raise ValueError(f"{path} is missing; install scikit-image and scikit-learn again")
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous()
