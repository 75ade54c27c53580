"""MNIST, Fashion-MNIST and KMNIST, read from idx files."""

from abc import ABC
from pathlib import Path
from typing import ClassVar

from torch import Tensor
from torchvision import datasets

from ganlab.data.image import ImageDataSet, load_train_and_test
from ganlab.data.readers.download import find_file, find_or_download
from ganlab.data.readers.idx import read_idx
from ganlab.data.readers.image_storage import InMemoryImages, pad, resize

PARTS = {"train": "train", "test": "t10k"}  # how the files' names begin
PADDED = 32  # for networks that halve the resolution five times: two black pixels on every side, nothing is resampled


class IdxDataSet(ImageDataSet, ABC):
    """28×28 grey images of 10 classes, 60,000 for training and 10,000 for tests.

    `resolution` 32 adds a black frame, any other value resizes. Raises ValueError if files are missing or broken.
    """

    channels, classes = 1, 10

    title: ClassVar[str]  # of torchvision's folder
    folder: ClassVar[str]
    shared: ClassVar[tuple[str, ...]] = ()  # folders in which Linux distributions install the files
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
            InMemoryImages(images),
            classes,
            10,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )

    @classmethod
    def load(cls, data_root: str, path: str | None, resolution: int) -> tuple[Tensor, Tensor, int]:
        """Return images (n, 1, resolution, resolution), classes (n,), and the number of training images."""
        root = Path(data_root).expanduser()
        names = [f"{part}-{kind}-ubyte" for part in PARTS.values() for kind in ("images-idx3", "labels-idx1")]
        # `root` itself is not searched, because the files of all three data sets have the same names.
        folders = [root / cls.title / "raw", root / cls.folder, *map(Path, cls.shared)]

        def download() -> None:
            cls.source(str(root), download=True)

        folder = find_or_download(cls.folder, names, folders, path, download, ".gz")
        return load_train_and_test(lambda part: read_images_and_labels(folder, PARTS[part], resolution))


def read_images_and_labels(folder: Path, part: str, resolution: int) -> tuple[Tensor, Tensor]:
    """Read one part's images and labels; raises ValueError if their numbers differ or a label is above 9."""
    pixels, digits = (find_file(folder, f"{part}-{kind}-ubyte", ".gz") for kind in ("images-idx3", "labels-idx1"))
    assert pixels
    assert digits
    images, labels = read_idx(pixels, 3)[:, None], read_idx(digits, 1).long()
    if len(images) != len(labels):
        raise ValueError(
            f"{digits} must hold one label for each of {len(images)} images, got {len(labels)} labels: "
            "download it again"
        )
    if int(labels.max()) > 9:
        raise ValueError(f"{digits} must hold labels from 0 to 9, got {int(labels.max())}: download it again")
    if resolution == PADDED and max(images.shape[2:]) < PADDED:
        images = pad(images, PADDED)
    return resize(images, resolution), labels


class Mnist(IdxDataSet):
    """Handwritten digits (LeCun et al. 1998)."""

    title, folder, source = "MNIST", "mnist", datasets.MNIST


class FashionMnist(IdxDataSet):
    """Pieces of clothing (Xiao et al. 2017), also found in the folder of Debian's package dataset-fashion-mnist."""

    title, folder, source = "FashionMNIST", "fashion_mnist", datasets.FashionMNIST
    shared = ("/usr/share/datasets/fashion-mnist",)


class Kmnist(IdxDataSet):
    """Cursive Japanese characters (Clanuwat et al. 2018)."""

    title, folder, source = "KMNIST", "kmnist", datasets.KMNIST
