"""The targets of image pairs as a data set of images, so that they can be inspected like any other."""

from typing import final

from torch import Tensor

from ganlab.data import ImagePairs
from ganlab.data.dataset import SPLITS
from ganlab.data.image import ImageDataSet
from ganlab.data.readers.image_storage import Images


@final
class _TargetImages(Images):
    """The targets of pairs, as a table."""

    def __init__(self, pairs: ImagePairs) -> None:
        self._pairs = pairs
        self.shape = tuple(pairs.spec.sample)  # type: ignore[arg-type]
        self._count = 1 + max(int(rows.max()) for rows in map(pairs.split, SPLITS) if len(rows))

    def __len__(self) -> int:
        return self._count

    def take(self, indices: Tensor) -> Tensor:
        """Return the targets at `indices`, uint8 of shape (n, channels, height, width)."""
        return self._pairs.targets(indices)


@final
class PairTargets(ImageDataSet):
    """The targets of a data set of pairs, in its splits and with its classes."""

    def __init__(self, pairs: ImagePairs) -> None:
        self._pairs = pairs
        images = _TargetImages(pairs)
        super().__init__(images, None, 0, len(images), conditional=False, flip=False, validation=0, limit=0, test=0)
        self._splits = {name: pairs.split(name) for name in SPLITS}
        self.labels, self.classes_available, self.class_names = pairs.labels, pairs.classes_available, pairs.class_names
        self.classifier = pairs.classifier

    def image_name(self, index: int) -> str:
        """Return the name of a pair."""
        return self._pairs.image_name(index)

    def summary(self) -> str:
        """Return the summary of the pairs, and that only targets are looked at."""
        return f"{self._pairs.summary()}; what follows is about the targets"

    def fingerprint(self) -> str:
        """Return the fingerprint of the pairs."""
        return self._pairs.fingerprint()
