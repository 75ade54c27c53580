"""CIFAR-10 and CIFAR-100, in the binary format or in the pickled format that torchvision downloads."""

from abc import ABC
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torchvision.datasets.utils import download_and_extract_archive

from ganlab.data.image import ImageDataSet, load_train_and_test
from ganlab.data.readers.arrays import read_pickled, read_records
from ganlab.data.readers.download import find_folder, find_or_download
from ganlab.data.readers.image_storage import InMemoryImages, resize

SHAPE = (3, 32, 32)


class Layout(NamedTuple):
    """One of the set's two formats: a folder, its files by part ("train", "test"), and how to read a file."""

    folder: str
    parts: Mapping[str, tuple[str, ...]]
    read: Callable[[Path], tuple[Tensor, Tensor]]

    def files(self) -> list[str]:
        """Return the names of all files."""
        return [name for names in self.parts.values() for name in names]

    def load(self, folder: Path, part: str, resolution: int) -> tuple[Tensor, Tensor]:
        """Read all files of a part: images uint8 (n, 3, resolution, resolution) and labels int64 (n,)."""
        images, labels = zip(*(self.read(folder / name) for name in self.parts[part]), strict=True)
        return resize(torch.cat(images), resolution), torch.cat(labels)


class CifarDataSet(ImageDataSet, ABC):
    """32×32 colour images, 50,000 for training and 10,000 for tests (Krizhevsky 2009).

    Raises ValueError if files are missing or broken.
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
        folder, layout = self._locate(Path(data_root).expanduser(), path)
        images, classes, count = load_train_and_test(lambda part: layout.load(folder, part, resolution))
        if int(classes.max()) >= self.classes:
            raise ValueError(
                f"{folder} must hold labels from 0 to {self.classes - 1}, got {int(classes.max())}: download it again"
            )
        super().__init__(
            InMemoryImages(images),
            classes,
            self.classes,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )

    def _locate(self, root: Path, path: str | None) -> tuple[Path, Layout]:
        folders = [root / self.python.folder, root / self.title] if path is None else [Path(path).expanduser()]
        folder = find_folder(self.python.files(), folders)
        if folder is not None:
            return folder, self.python
        # The download is the binary format, because reading it involves no pickle.
        folders = [root / self.binary.folder, root / self.title]
        folder = find_or_download(self.title, self.binary.files(), folders, path, lambda: self._download(root))
        return folder, self.binary

    def _download(self, root: Path) -> None:
        download_and_extract_archive(self.url, str(root), md5=self.md5)


def _read_binary(path: Path, labels: int) -> tuple[Tensor, Tensor]:
    images, classes = read_records(path, labels, SHAPE)
    return images, classes[:, -1].long()  # CIFAR-100's first byte is the coarse class


BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))


class Cifar10(CifarDataSet):
    """CIFAR-10: ten classes of animals and vehicles."""

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
    """CIFAR-100 with its hundred fine classes."""

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
