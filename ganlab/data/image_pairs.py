"""`ImagePairs`, the base class of data whose condition is an image: one for every sample, or of another collection."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import sha256

from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.data.dataset import SPLITS, DataSet, check_split
from ganlab.data.splits import seeded_permutation

ImageShape = tuple[int, int, int]  # channels, height, width


class ImagePairs(DataSet, ABC):
    """Base class of data that are pairs of uint8 images: a target, which is the sample, and its source, the condition.

    `splits` hold the indices of pairs, and `labels` (pairs,) are their known classes, which no network receives.
    `labelled_batch` draws pairs for training and may cut, mirror or corrupt them; `targets` and `sources` are those of
    scores, which depend on the index alone. So row i of `conditions` belongs to row i of `real_samples`:

    >>> import torch
    >>> from ganlab import Random
    >>> class Negatives(ImagePairs):
    ...     def __init__(self):
    ...         self.images = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(-1, 1, 4, 4) * 40
    ...         splits = {"train": torch.arange(4), "validation": torch.arange(0), "test": torch.tensor([4, 5])}
    ...         super().__init__((1, 4, 4), (1, 4, 4), splits)
    ...
    ...     def targets(self, indices):
    ...         return self.images[indices]
    ...
    ...     def sources(self, indices):
    ...         return 255 - self.images[indices]
    ...
    ...     def labelled_batch(self, indices, random):
    ...         return Batch(self.targets(indices), self.sources(indices))
    ...
    ...     def source_digest(self):
    ...         return "negatives"
    >>> data = Negatives()
    >>> batch = data.batch(torch.tensor([1]), Random())
    >>> int(batch.sample[0, 0, 0, 0]), int(batch.cond[0, 0, 0, 0]), data.summary()
    (40, 215, 'pairs of images: 4 training, 0 validation, 2 test')
    """

    noun: str = "pairs of images"  # what the indices of the splits count, in the summary

    def __init__(
        self,
        target: ImageShape,
        source: ImageShape,
        splits: Mapping[str, Tensor],
        labels: Tensor | None = None,
        paired: bool = True,
    ) -> None:
        self.spec = build_pair_spec(target, source, paired)
        self.labels, self._splits = labels, dict(splits)

    @abstractmethod
    def targets(self, indices: Tensor) -> Tensor:
        """Return the targets at `indices` (n,) for scores, uint8 of shape (n, *spec.sample)."""

    @abstractmethod
    def sources(self, indices: Tensor) -> Tensor:
        """Return the sources at `indices` (n,) for scores, uint8 of shape (n, *spec.cond)."""

    @abstractmethod
    def source_digest(self) -> str:
        """Return what identifies all targets, all sources, and how they are derived from files; part of the hash."""

    def image_name(self, index: int) -> str:
        """Return the file of a target, or the number of the pair."""
        return f"pair {index}"

    def split(self, name: str) -> Tensor:
        """Return the indices of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct targets of a split, with their known classes; raises ValueError if the split is empty."""
        parts = self._shuffled(self.split(split), split, seed)[: count or None].split(chunk)
        return (Batch(self.targets(part), self._labels_of(part)) for part in parts)

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield distinct sources of a split with their targets and known classes, in the order of `real_samples`.

        Raises ValueError if the split is empty.
        """
        parts = self._shuffled(self.split(split), split, seed)[: count or None].split(chunk)
        return (Conditions(self.sources(part), self.targets(part), self._labels_of(part)) for part in parts)

    def summary(self) -> str:
        """Return the sizes of the splits."""
        train, validation, test = (f"{len(self.split(name)):,}" for name in SPLITS)
        return f"{self.noun}: {train} training, {validation} validation, {test} test"

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256(repr((self.spec.sample, self.spec.cond)).encode() + self.source_digest().encode())
        for name in SPLITS:
            result.update(name.encode() + self.split(name).numpy().tobytes())
        return result.hexdigest()

    def fingerprint(self) -> str:
        """Hash both images of every pair, and the splits; computed once."""
        return self._fingerprint

    def _labels_of(self, indices: Tensor) -> Tensor | None:
        return None if self.labels is None else self.labels.index_select(0, indices)

    def _shuffled(self, indices: Tensor, split: str, seed: int, purpose: str = "reals") -> Tensor:
        if not len(indices):
            raise ValueError(
                f"this data has no {split} images: raise data.{split}, or use another split for scores with "
                "protocol.split and protocol.selection_split"
            )
        return indices[seeded_permutation(len(indices), seed, purpose)]


def build_pair_spec(target: ImageShape, source: ImageShape, paired: bool = True) -> Spec:
    """Return the spec of samples of the shape `target` with conditions of the shape `source`."""
    return Spec(tuple(target), cond=tuple(source), paired=paired)
