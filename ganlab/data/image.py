"""Images with or without classes, wherever they are kept."""

from abc import ABC
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from inspect import signature
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS, DataSet, check_split, describe
from ganlab.data.readers.decode_image import as_size
from ganlab.data.readers.image_storage import Images
from ganlab.data.sheets import image_grid
from ganlab.data.splits import check_shares, shuffled, split_indices

USES = {"train": "to train on", "validation": "to choose by", "test": "for reports"}
SHOWN = 10  # classes that a census names
SOME_CLASSES = 2  # stand for as many as there will be, so that networks can be tried


class ImageDataSet(DataSet, ABC):
    """A table of uint8 images: `count` to divide by shares and `limit`, and official test images after them.

    `labels` (table,) are their classes, where known; `conditional` hands them to the networks; `flip` mirrors half of
    the training images.
    """

    channels: ClassVar[int] = 3  # of the samples, where no setting says so
    classes: ClassVar[int] = 0  # 0 where only the files tell
    stratified: ClassVar[bool] = False  # each split has its share of a class; published data keep the splits they had

    def __init__(
        self,
        images: Images,
        labels: Tensor | None,
        classes: int,
        count: int,
        *,
        conditional: bool,
        flip: bool,
        validation: float,
        limit: int,
        test: float = 0.0,
    ) -> None:
        self.images, self.labels, self.classes_available, self.flip = images, labels, classes, flip
        self.needs_workers = images.needs_workers
        self.spec = describe(images.shape, conditional, classes)
        by = labels[:count] if self.stratified and labels is not None else None
        self._splits = split_indices(count, len(images) - count, validation, test, limit, by)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec as far as settings and class tell, with some number of classes where only the files tell.

        Raises ValueError for settings that no images have.
        """
        given = cls.settings(settings)
        check_shares({name: given[name] for name in ("validation", "test") if name in given}, given.get("limit", 0))
        shape = (given.get("channels", cls.channels), *as_size(given["resolution"]))
        return describe(shape, given["labels"], cls.classes or SOME_CLASSES)

    @classmethod
    def settings(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return all settings, with defaults for those that are not given."""
        return {name: each.default for name, each in signature(cls).parameters.items()} | given

    def split(self, name: str) -> Tensor:
        """Return the indices of a split in the table."""
        check_split(name)
        return self._splits[name]

    def labelled(self, indices: Tensor, random: Random) -> Batch:
        """Gather images, each mirrored with probability one half where `flip` is on."""
        batch = self._gather(indices)
        if not self.flip:
            return batch
        rows = (random.uniform("flip", (len(indices),)) < 0.5).nonzero()[:, 0]
        # The gathered images are a copy, so they may change in place.
        batch.sample.index_copy_(0, rows, batch.sample.index_select(0, rows).flip(-1))
        return batch

    def _gather(self, indices: Tensor) -> Batch:
        labels = None if self.labels is None else self.labels.index_select(0, indices)
        return Batch(self.images.take(indices), labels)

    def reals(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct images of a split."""
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} images among its {len(self.images)}: raise data.{split}, their share, or "
                "score against another split with protocol.split and protocol.selection_split"
            )
        order = indices[shuffled(len(indices), seed, "reals")]
        return (self._gather(part) for part in order[: count or None].split(chunk))

    def summary(self) -> str:
        """Return the sizes of the splits, and of the classes to train on where these have names."""
        sizes = ", ".join(f"{len(self._splits[name]):,} {use}" for name, use in USES.items())
        if self.labels is None or not self.class_names:
            return f"images: {sizes}"
        counts = self.labels[self._splits["train"]].bincount(minlength=len(self.class_names)).tolist()
        told = [f"{name} {count:,}" for name, count in zip(self.class_names, counts, strict=True)][:SHOWN]
        more = f", and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        missing = [name for name, count in zip(self.class_names, counts, strict=True) if not count]
        none = f"; no image to train on of {', '.join(missing[:SHOWN])}" if missing and self.spec.classes else ""
        return f"images: {sizes}; classes to train on: {', '.join(told)}{more}{none}"

    def sheet(self, samples: Tensor) -> Image.Image:
        """Lay images in [−1, 1] out as a grid."""
        return image_grid(samples)

    @cached_property
    def _fingerprint(self) -> str:
        whole = sha256(repr(self.images.shape).encode() + self.images.digest.encode())
        whole.update(repr({name: len(indices) for name, indices in sorted(self._splits.items())}).encode())
        for tensor in (*(self._splits[name] for name in SPLITS), *([] if self.labels is None else [self.labels])):
            whole.update(tensor.numpy().tobytes())
        return whole.hexdigest()

    def fingerprint(self) -> str:
        """Hash pixels, labels and split, once."""
        return self._fingerprint


def load_parts(load: Callable[[str], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, int]:
    """Return the images and labels of the training part and, after it, the test part; and how many the first has."""
    images, labels = load("train")
    test_images, test_labels = load("test")
    return torch.cat([images, test_images]), torch.cat([labels, test_labels]), len(images)
