"""Images of any data set with a corrupted copy of each, from which a generator restores them."""

from collections.abc import Callable, Mapping
from typing import Any, final

from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.corruptions import Corruption
from ganlab.data.derived_pairs import DerivedPairs, image_shape
from ganlab.data.image import ImageDataSet
from ganlab.data.image_pairs import build_pair_spec

EXAMPLES = 64  # training images by which the strength of a baseline is chosen


@final
class Corrupted(DerivedPairs):
    """The images of a data set, each with a corrupted copy as its source.

    The corruption of a training image is drawn at every step, and that of an image for scores follows from its index.
    """

    def __init__(self, images: ImageDataSet, corruption: Corruption) -> None:
        self.corruption = corruption
        super().__init__(images, corruption.shape(image_shape(images.spec)))

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for images that cannot be corrupted so."""
        if settings["images"] is None:
            return None
        shape = image_shape(settings["images"])
        return build_pair_spec(shape, settings["corruption"].shape(shape))

    def derive(self, images: Tensor, random: Random) -> Tensor:
        """Corrupt training images."""
        return self.corruption.corrupt(images, random)

    def derive_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Corrupt images for scores."""
        return self.corruption.corrupt_fixed(images, indices)

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return simple restorations, whose strength fits the training images best."""
        rows = self.split("train")[:EXAMPLES]
        return self.corruption.baselines(self.targets(rows), self.sources(rows))

    def score_settings(self) -> dict[str, object]:
        """Return the corruption with its settings, and the settings of the images."""
        return {**self.corruption.settings(), **super().score_settings()}
