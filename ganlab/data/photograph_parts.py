"""`PhotographParts`, the base class of image data sets whose samples are parts of larger photographs."""

from abc import ABC
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS
from ganlab.data.image import ImageDataSet
from ganlab.data.pair_augmentation import PairAugmentation
from ganlab.data.readers.photograph_crops import PhotographCrops

WORDS = ("training", "validation", "test")
WHOLE_MULTIPLE = 8  # pixels; whole photographs are cut to it, so that networks and corruptions can halve them


class PhotographParts(ImageDataSet, ABC):
    """Base class of parts of photographs: for training at random places, for scores side by side.

    `splits` hold the numbers of whole photographs (m,), so no photograph has parts in two splits; `names` are those of
    the photographs. `flip` mirrors half of the training parts.
    """

    def __init__(self, crops: PhotographCrops, names: Sequence[str], splits: Mapping[str, Tensor], flip: bool) -> None:
        super().__init__(crops, None, 0, len(crops), conditional=False, flip=flip, validation=0, limit=0, test=0)
        self._crops, self._names = crops, names
        self._photographs = {split: splits[split] for split in SPLITS}
        self._splits = {
            split: torch.isin(crops.photograph, numbers).nonzero()[:, 0] for split, numbers in self._photographs.items()
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
        """Yield the name and pixels of every photograph of a split, uint8 (channels, height, width), multiples of 8."""
        self.split(split)
        for number in self._photographs[split].tolist():
            image = self._crops.photographs.read(number)
            height, width = (side - side % WHOLE_MULTIPLE for side in image.shape[1:])
            yield self._names[number], image[:, :height, :width]

    def summary(self) -> str:
        """Return the sizes of the splits, and of what they are parts."""
        counts = ", ".join(f"{len(self._photographs[split])} {word}" for split, word in zip(SPLITS, WORDS, strict=True))
        return f"{super().summary()}; parts of photographs: {counts}"
