"""`ImageDataSet`, the base class of image data sets, with or without classes."""

from abc import ABC
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.data.dataset import PLACEHOLDER_CLASSES, SPLITS, DataSet, build_spec, check_split
from ganlab.data.duplicates.removal import check_duplicates, remove_near_duplicates
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import parse_resolution
from ganlab.data.readers.image_storage import Images
from ganlab.data.readers.path_table import PathTable
from ganlab.data.splits import check_shares, seeded_permutation, split_indices

MAX_NAMED_CLASSES = 10  # classes that a summary lists


class ImageDataSet(DataSet, ABC):
    """Base class of image data sets: a table of uint8 images of one shape (channels, height, width).

    The first `count` images are split into train, validation and test by the shares `validation` and `test`; images
    after them are official test images, which replace the share `test`. `limit` keeps that many training images (0:
    all). `duplicates` is "keep", or "drop" to train without images whose near-duplicate is held out or comes before
    them in training order. `labels` (table,) are the int64 classes from 0 to `classes` − 1, or None; the networks see
    them if `conditional` is true. `flip` mirrors each training image with probability ½. Raises ValueError if no
    training image is left, and if `conditional` is true with fewer than 2 classes. The constructor arguments are the
    settings, so a subclass has its own `resolution` and `labels`:

    >>> from ganlab.data.readers.image_storage import InMemoryImages
    >>> class Stripes(ImageDataSet):
    ...     channels, classes = 1, 2
    ...
    ...     def __init__(self, resolution=8, labels=False):
    ...         rows = torch.arange(resolution).expand(resolution, -1) % 2 * 255
    ...         images = torch.stack([rows, rows.T])[:, None].repeat(10, 1, 1, 1).to(torch.uint8)
    ...         super().__init__(InMemoryImages(images), torch.arange(20) % 2, 2, 20, conditional=labels, flip=False,
    ...                          validation=0.1, limit=0, test=0.1)
    >>> data = Stripes(labels=True)
    >>> data.summary()
    'images: 16 training, 2 validation, 2 test'
    >>> data.batch(torch.tensor([0, 1]), Random()).cond
    tensor([0, 1])
    """

    channels: ClassVar[int] = 3  # of the images, unless there is a setting of this name
    classes: ClassVar[int] = 0  # 0 if only the files determine the number of classes
    archive: Archive | None = None  # the files that the images come from, if they are the user's
    listed_names: PathTable | None = None  # of all images in the archive, readable or not
    fit: str = "crop"  # how the files are fitted to the resolution
    stratified: ClassVar[bool] = False  # split every class by the same shares; published data keep their former splits

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
        duplicates: str = "keep",
    ) -> None:
        self.images, self.labels, self.classes_available, self.flip = images, labels, classes, flip
        self.needs_workers = images.needs_workers
        self.spec = build_spec(images.shape, conditional, classes)
        strata = labels[:count] if self.stratified and labels is not None else None
        check_duplicates(duplicates)
        self._splits = split_indices(count, len(images) - count, validation, test, limit, strata)
        self.duplicates_dropped: int | None = None  # None: they were not searched for
        if duplicates == "drop":
            complete = split_indices(count, len(images) - count, validation, test, 0, strata)
            self._splits, self.duplicates_dropped = remove_near_duplicates(images, complete, limit)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings.

        The number of classes is a placeholder if only the files determine it.
        """
        complete = cls.complete_settings(settings)
        shares: dict[str, float] = {name: complete[name] for name in ("validation", "test") if name in complete}
        check_shares(shares, complete.get("limit", 0))
        check_duplicates(complete.get("duplicates", "keep"))
        shape = (complete.get("channels", cls.channels), *parse_resolution(complete["resolution"]))
        return build_spec(shape, complete["labels"], cls.classes or PLACEHOLDER_CLASSES)

    def image_name(self, index: int) -> str:
        """Return the file of an image, or its number in the table."""
        return f"image {index}"

    def whole_images(self, split: str) -> Iterator[tuple[str, Tensor]]:
        """Yield the names and pixels (channels, height, width) of whole images, of which samples are parts; here none.

        Raises ValueError for an unknown split.
        """
        self.split(split)
        return iter(())

    def split(self, name: str) -> Tensor:
        """Return the table indices of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather images with their labels; if `flip` is true, mirror each image with probability ½."""
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

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct uint8 images of a split in batches of `chunk`; raises ValueError if the split is empty."""
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} images among its {len(self.images)}: raise data.{split}, or use another "
                "split for scores with protocol.split and protocol.selection_split"
            )
        order = indices[seeded_permutation(len(indices), seed, "reals")]
        return (self._gather(part) for part in order[: count or None].split(chunk))

    def summary(self) -> str:
        """Return the sizes of the splits and, if classes have names, the number of training images per class."""
        train, validation, test = (f"{len(self._splits[name]):,}" for name in SPLITS)
        sizes = f"images: {train} training, {validation} validation, {test} test"
        if self.duplicates_dropped is not None:
            noun = "near-duplicate" if self.duplicates_dropped == 1 else "near-duplicates"
            sizes += f"; {self.duplicates_dropped:,} {noun} dropped"
        if self.labels is None or not self.class_names:
            return sizes
        counts = self.labels[self._splits["train"]].bincount(minlength=len(self.class_names)).tolist()
        classes = list(zip(self.class_names, counts, strict=True))
        listed = ", ".join(f"{name} {count:,}" for name, count in classes[:MAX_NAMED_CLASSES])
        more = f" and {len(classes) - MAX_NAMED_CLASSES} more" if len(classes) > MAX_NAMED_CLASSES else ""
        text = f"{sizes}; training images per class: {listed}{more}"
        empty = [name for name, count in classes if not count]
        if empty and self.spec.classes:
            text += f"; classes without a training image: {', '.join(empty[:MAX_NAMED_CLASSES])}"
        return text

    def score_settings(self) -> dict[str, object]:
        """Return how many near-duplicates were dropped, if they were searched for."""
        return {} if self.duplicates_dropped is None else {"near_duplicates_dropped": self.duplicates_dropped}

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256(repr(self.images.shape).encode() + self.images.digest.encode())
        result.update(repr({name: len(indices) for name, indices in sorted(self._splits.items())}).encode())
        for name in SPLITS:
            result.update(self._splits[name].numpy().tobytes())
        if self.labels is not None:
            result.update(self.labels.numpy().tobytes())
        return result.hexdigest()

    def fingerprint(self) -> str:
        """Hash pixels, labels and splits; computed once."""
        return self._fingerprint


def load_train_and_test(load: Callable[[str], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, int]:
    """Return images and labels of the parts "train" and "test", in this order, and the number of training images.

    `load(part)` returns images (n, channels, height, width) and labels (n,).
    """
    images, labels = load("train")
    test_images, test_labels = load("test")
    return torch.cat([images, test_images]), torch.cat([labels, test_labels]), len(images)
