"""MNIST and its siblings, read from idx files."""

from abc import ABC
from pathlib import Path
from typing import ClassVar

from torch import Tensor
from torchvision import datasets

from ganlab.data.image import ImageDataSet, load_parts
from ganlab.data.readers.download import located, obtain
from ganlab.data.readers.idx import read_idx
from ganlab.data.readers.image_storage import InMemory, pad, resize

PARTS = {"train": "train", "test": "t10k"}
PADDED = 32  # the usual size for networks that halve five times: two black pixels on every side, nothing resampled


class IdxDataSet(ImageDataSet, ABC):
    """28×28 grey images of 10 classes with 60,000 training and 10,000 test images.

    `resolution` 32 adds a black frame, any other resizes. Raises ValueError where the files are not found or broken.
    """

    channels, classes = 1, 10

    title: ClassVar[str]  # what torchvision calls its folder
    folder: ClassVar[str]
    shared: ClassVar[tuple[str, ...]] = ()  # where distributions install the files
    source: ClassVar[type[datasets.MNIST]]

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        resolution: int = 28,
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        limit: int = 0,
    ) -> None:
        images, classes, count = self.load(data_root, path, resolution)
        super().__init__(
            InMemory(images), classes, 10, count, conditional=labels, flip=flip, validation=validation, limit=limit
        )

    @classmethod
    def load(cls, data_root: str, path: str | None, resolution: int) -> tuple[Tensor, Tensor, int]:
        """Return images (n, 1, resolution, resolution), classes (n,), and how many are training images."""
        root = Path(data_root).expanduser()
        names = [f"{part}-{kind}-ubyte" for part in PARTS.values() for kind in ("images-idx3", "labels-idx1")]
        # Not `root` itself: the files of all siblings have the same names.
        places = [root / cls.title / "raw", root / cls.folder, *map(Path, cls.shared)]
        place = obtain(cls.folder, names, places, path, lambda: cls.source(str(root), download=True), ".gz")

        def part(name: str) -> tuple[Tensor, Tensor]:
            return read_pair(place, PARTS[name], resolution)

        return load_parts(part)


def read_pair(folder: Path, part: str, resolution: int) -> tuple[Tensor, Tensor]:
    """Read one part's images and labels; raises ValueError where they do not match or a label is not a digit."""
    pixels, digits = (located(folder, f"{part}-{kind}-ubyte", ".gz") for kind in ("images-idx3", "labels-idx1"))
    assert pixels
    assert digits
    images, labels = read_idx(pixels, 3)[:, None], read_idx(digits, 1).long()
    if len(images) != len(labels):
        raise ValueError(f"{digits} must hold one label for each of {len(images)} images, got {len(labels)} labels")
    if int(labels.max()) > 9:
        raise ValueError(f"{digits} must hold labels from 0 to 9, got {int(labels.max())}")
    framed = pad(images, PADDED) if resolution == PADDED and max(images.shape[2:]) < PADDED else images
    return resize(framed, resolution), labels


class Mnist(IdxDataSet):
    """Handwritten digits (LeCun et al. 1998)."""

    title, folder, source = "MNIST", "mnist", datasets.MNIST


class FashionMnist(IdxDataSet):
    """Pieces of clothing (Xiao et al. 2017), also found where Debian's dataset-fashion-mnist installs them."""

    title, folder, source = "FashionMNIST", "fashion_mnist", datasets.FashionMNIST
    shared = ("/usr/share/datasets/fashion-mnist",)


class Kmnist(IdxDataSet):
    """Cursive Japanese characters (Clanuwat et al. 2018)."""

    title, folder, source = "KMNIST", "kmnist", datasets.KMNIST
