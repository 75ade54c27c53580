"""`Corruption`, the base class of what is done to images that a generator restores."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor

from ganlab.core.random import Random

ImageShape: TypeAlias = tuple[int, int, int]  # channels, height, width
Baseline: TypeAlias = Callable[[Tensor], Tensor]  # from corrupted to restored images, both in [−1, 1]
SEED = 0  # of corruptions for scores, which are the same in every run


class Corruption(ABC):
    """Base class of corruptions of uint8 images; a subclass is a dataclass whose fields are its settings.

    `corrupt` is for training and may draw from `random`; `corrupt_fixed` depends on images and indices alone, so that
    every run is scored on the same inputs. A subclass that draws nothing inherits from `FixedCorruption`, one that does
    from `DrawnCorruption`.
    """

    name: ClassVar[str]  # of its file in conf/corruption

    @abstractmethod
    def shape(self, image: ImageShape) -> ImageShape:
        """Return the shape of a corrupted image; raises ValueError for images that cannot be corrupted so."""

    @abstractmethod
    def corrupt(self, images: Tensor, random: Random) -> Tensor:
        """Return corrupted images, uint8 of shape (n, *shape), of images (n, channels, height, width)."""

    @abstractmethod
    def corrupt_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Return corrupted images for scores, of the images at `indices` (n,) of a table."""

    @abstractmethod
    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return simple restorations by name; one with a strength takes the best one for training examples.

        `examples` (n, channels, height, width) and `corrupted` (n, *shape) are uint8.
        """

    def settings(self) -> dict[str, Any]:
        """Return the name and the settings, for the protocol of scores."""
        assert is_dataclass(self)
        return {"corruption": self.name, **{f"corruption_{key}": value for key, value in asdict(self).items()}}


class FixedCorruption(Corruption, ABC):
    """Base class of corruptions that draw nothing; a subclass implements `apply`."""

    @abstractmethod
    def apply(self, images: Tensor) -> Tensor:
        """Return corrupted images, uint8 of shape (n, *shape), of images (n, channels, height, width)."""

    def corrupt(self, images: Tensor, random: Random) -> Tensor:
        """Apply the corruption; nothing is drawn."""
        return self.apply(images)

    def corrupt_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Apply the corruption."""
        return self.apply(images)


class DrawnCorruption(Corruption, ABC):
    """Base class of corruptions that draw: from the step's `Random` in training, from the image's index for scores."""

    def corrupt_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Corrupt every image with numbers of its own, whatever batch it is in."""
        random = Random(SEED)
        parts = [
            self.corrupt(image[None], random.seek(index)) for image, index in zip(images, indices.tolist(), strict=True)
        ]
        return torch.cat(parts)


def to_bytes(images: Tensor) -> Tensor:
    """Round and cut off floats in 0 … 255 to uint8."""
    return images.round().clamp(0, 255).to(torch.uint8)


def to_unit_range(images: Tensor) -> Tensor:
    """Return uint8 images as floats in [−1, 1], as networks see them."""
    return images.float() / 127.5 - 1


def check_positive(name: str, value: float) -> None:
    """Raise ValueError unless a setting is above 0."""
    if not value > 0:
        raise ValueError(f"{name} must be above 0, got {value}")
