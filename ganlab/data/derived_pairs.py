"""`DerivedPairs`, the base class of pairs whose source is derived from the image that is their target."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS
from ganlab.data.image import ImageDataSet
from ganlab.data.image_pairs import ImagePairs, ImageShape


class DerivedPairs(ImagePairs, ABC):
    """Base class of pairs around another data set: its images are the targets, and `derive` makes their sources.

    Splits, classes and flips are those of `images`. Raises ValueError if its samples are not images, and if its
    condition is a class.
    """

    def __init__(self, images: ImageDataSet, source: ImageShape) -> None:
        target = image_shape(images.spec)
        self.images = images
        self.needs_workers = images.needs_workers
        super().__init__(target, source, {name: images.split(name) for name in SPLITS}, images.labels)
        self.classes_available, self.class_names = images.classes_available, images.class_names
        self.classifier = images.classifier

    @abstractmethod
    def derive(self, images: Tensor, random: Random) -> Tensor:
        """Return the sources of training images (n, *spec.sample), uint8 of shape (n, *spec.cond)."""

    @abstractmethod
    def derive_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Return the sources of images (n, *spec.sample) for scores, which depend on the images and indices alone."""

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather images as their data set augments them, and derive their sources."""
        images = self.images.labelled_batch(indices, random).sample
        return Batch(images, self.derive(images, random))

    def targets(self, indices: Tensor) -> Tensor:
        """Gather images, unflipped."""
        return self.images.images.take(indices)

    def sources(self, indices: Tensor) -> Tensor:
        """Derive the sources of the targets."""
        return self.derive_fixed(self.targets(indices), indices)

    def source_digest(self) -> str:
        """Return the fingerprint of the images, and the settings that scores depend on."""
        return f"{self.images.fingerprint()} {sorted(self.score_settings().items())}"

    def summary(self) -> str:
        """Return the summary of the images."""
        return self.images.summary()

    def score_settings(self) -> dict[str, object]:
        """Return those of the images."""
        return self.images.score_settings()


def image_shape(spec: Spec) -> ImageShape:
    """Return the shape of images that a data set is to be built around.

    Raises ValueError if its samples are not images, or have conditions.
    """
    shape: Any = spec.sample
    if not isinstance(shape, tuple) or len(shape) != 3:
        raise ValueError(f"data.images must be a data set of images, got samples of shape {shape}")
    if spec.cond is not None:
        raise ValueError(
            "data.images.labels must be false, because the condition is an image; known classes stay known to scores"
        )
    return shape
