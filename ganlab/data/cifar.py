"""CIFAR-10 and CIFAR-100, in the binary format or in the python format that torchvision downloads."""

from abc import ABC
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torchvision.datasets.utils import download_and_extract_archive

from ganlab.data.image import ImageDataSet, load_parts
from ganlab.data.readers.arrays import read_pickled, read_records
from ganlab.data.readers.download import find, obtain
from ganlab.data.readers.image_storage import InMemory, resize

SHAPE = (3, 32, 32)


class Layout(NamedTuple):
    """One way in which the set is distributed: a folder, its files by part, and how one file is read."""

    folder: str
    parts: Mapping[str, tuple[str, ...]]
    read: Callable[[Path], tuple[Tensor, Tensor]]

    def names(self) -> list[str]:
        """Return the names of all files."""
        return [name for names in self.parts.values() for name in names]

    def load(self, place: Path, part: str, resolution: int) -> tuple[Tensor, Tensor]:
        """Read all files of a part."""
        images, labels = zip(*(self.read(place / name) for name in self.parts[part]), strict=True)
        return resize(torch.cat(images), resolution), torch.cat(labels)


class CifarDataSet(ImageDataSet, ABC):
    """32×32 colour images, 50,000 to train and 10,000 to test (Krizhevsky 2009).

    Raises ValueError where the files are not found or broken.
    """

    title: ClassVar[str]
    classes: ClassVar[int]
    url: ClassVar[str]
    md5: ClassVar[str]
    python: ClassVar[Layout]
    binary: ClassVar[Layout]

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        resolution: int = 32,
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        limit: int = 0,
    ) -> None:
        place, layout = self._locate(Path(data_root).expanduser(), path)
        images, classes, count = load_parts(lambda part: layout.load(place, part, resolution))
        if int(classes.max()) >= self.classes:
            raise ValueError(f"{place} must hold labels from 0 to {self.classes - 1}, got {int(classes.max())}")
        super().__init__(
            InMemory(images),
            classes,
            self.classes,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )

    def _locate(self, root: Path, path: str | None) -> tuple[Path, Layout]:
        python = [root / self.python.folder, root / self.title] if path is None else [Path(path).expanduser()]
        place = find(self.python.names(), python)
        if place is not None:
            return place, self.python
        # The binary format is what we download, for it is no pickle.
        binary = [root / self.binary.folder, root / self.title]
        place = obtain(self.title, self.binary.names(), binary, path, lambda: self._download(root))
        return place, self.binary

    def _download(self, root: Path) -> None:
        download_and_extract_archive(self.url, str(root), md5=self.md5)


def _read_binary(path: Path, labels: int) -> tuple[Tensor, Tensor]:
    images, classes = read_records(path, labels, SHAPE)
    return images, classes[:, -1].long()  # CIFAR-100's first byte is the coarse class


BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))


class Cifar10(CifarDataSet):
    """Ten classes of animals and vehicles."""

    title, classes = "cifar10", 10
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    md5 = "c32a1d4ab5d03f1284b67883e8d87530"
    python = Layout(
        "cifar-10-batches-py",
        {"train": BATCHES, "test": ("test_batch",)},
        lambda path: read_pickled(path, "labels", SHAPE),
    )
    binary = Layout(
        "cifar-10-batches-bin",
        {"train": tuple(f"{name}.bin" for name in BATCHES), "test": ("test_batch.bin",)},
        lambda path: _read_binary(path, 1),
    )


class Cifar100(CifarDataSet):
    """A hundred fine classes."""

    title, classes = "cifar100", 100
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    md5 = "03b5dce01913d631647c71ecec9e9cb8"
    python = Layout(
        "cifar-100-python",
        {"train": ("train",), "test": ("test",)},
        lambda path: read_pickled(path, "fine_labels", SHAPE),
    )
    binary = Layout(
        "cifar-100-binary",
        {"train": ("train.bin",), "test": ("test.bin",)},
        lambda path: _read_binary(path, 2),
    )
