"""The photographs that scikit-image and scikit-learn ship: image data for restoration without a download."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS
from ganlab.data.image import ImageDataSet
from ganlab.data.pair_augmentation import PairAugmentation
from ganlab.data.readers.photograph_crops import PhotographCrops

PACKAGES = {"skimage": ("data",), "sklearn": ("datasets", "images")}  # and their folders of images
# By split; whole photographs are held out, so no part of one is in two splits.
FILES: dict[str, tuple[tuple[str, str], ...]] = {
    "train": tuple(("skimage", name) for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")),
    "validation": (("skimage", "motorcycle_left.png"), ("skimage", "ihc.png")),
    "test": (("sklearn", "china.jpg"), ("sklearn", "flower.jpg")),
}
WHOLE_MULTIPLE = 8  # pixels; whole photographs are cut to it, so that networks and corruptions can halve them


@final
class Photographs(ImageDataSet):
    """Parts of `resolution` pixels of eight colour photographs, drawn at random places for training.

    Four of scikit-image's (astronaut, coffee, chelsea, rocket) are for training, two (motorcycle_left, ihc) for
    validation, and two of scikit-learn's (china, flower) for tests; for scores, parts tile them. Raises ValueError if
    scikit-image is not installed, and for a resolution below 4 or above 300.
    """

    channels: ClassVar[int] = 3

    def __init__(self, resolution: int = 64, flip: bool = True) -> None:
        places = [(split, place) for split in SPLITS for place in FILES[split]]
        self._crops = PhotographCrops([_read(*place) for _, place in places], resolution)
        self._names = [name.partition(".")[0] for _, (_, name) in places]
        super().__init__(
            self._crops, None, 0, len(self._crops), conditional=False, flip=flip, validation=0, limit=0, test=0
        )
        split_of = torch.tensor([SPLITS.index(split) for split, _ in places])[self._crops.photograph]
        self._splits = {split: (split_of == number).nonzero()[:, 0] for number, split in enumerate(SPLITS)}
        self._photographs = {
            split: [number for number, (other, _) in enumerate(places) if other == split] for split in SPLITS
        }

    @classmethod
    def complete_settings(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings, with the constructor's defaults for those that are left out; there are no labels."""
        return super().complete_settings(settings) | {"labels": False}

    def image_name(self, index: int) -> str:
        """Return the photograph of a part."""
        return f"part {index}, of {self._names[int(self._crops.photograph[index])]}"

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Cut parts at random places out of the photographs, and mirror half of them if `flip` is true."""
        images = self._crops.draw(indices, random)
        return Batch(*PairAugmentation(self.flip, 0).change([images], random, "crop"))

    def whole_images(self, split: str) -> Iterator[tuple[str, Tensor]]:
        """Yield the name and the pixels of every photograph of a split, uint8 (3, height, width), multiples of 8."""
        self.split(split)
        for number in self._photographs[split]:
            image = self._crops.photographs[number]
            height, width = (side - side % WHOLE_MULTIPLE for side in image.shape[1:])
            yield self._names[number], image[:, :height, :width]

    def summary(self) -> str:
        """Return the sizes of the splits, and of what they are parts."""
        counts = ", ".join(f"{len(self._photographs[split])} {word}" for split, word in zip(SPLITS, WORDS, strict=True))
        return f"{super().summary()}; parts of photographs: {counts}"


WORDS = ("training", "validation", "test")


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
