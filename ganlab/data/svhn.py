"""Street View House Numbers, read from the .mat files of cropped digits."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import SVHN
from torchvision.datasets.utils import download_url

from ganlab.data.image import ImageDataSet, load_train_and_test
from ganlab.data.readers.download import find_or_download
from ganlab.data.readers.image_storage import InMemoryImages, resize

PARTS = {"train": "train_32x32.mat", "test": "test_32x32.mat"}


class Svhn(ImageDataSet):
    """32×32 colour images of 10 digits, 73,257 for training and 26,032 for tests (Netzer et al. 2011).

    Raises ValueError if files are missing or broken.
    """

    classes = 10

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        resolution: int = 32,
        labels: bool = False,
        validation: float = 0.1,
        limit: int = 0,
    ) -> None:
        root = Path(data_root).expanduser()
        folders = [root / "svhn", root]
        folder = find_or_download("svhn", list(PARTS.values()), folders, path, lambda: _download(root / "svhn"))
        images, classes, count = load_train_and_test(lambda part: _read(folder / PARTS[part], resolution))
        super().__init__(
            InMemoryImages(images),
            classes,
            10,
            count,
            conditional=labels,
            flip=False,
            validation=validation,
            limit=limit,
        )


def _download(folder: Path) -> None:
    for part in PARTS:
        url, name, md5 = SVHN.split_list[part]
        download_url(url, str(folder), name, md5)


def _read(path: Path, resolution: int) -> tuple[Tensor, Tensor]:
    """Return images uint8 (n, 3, resolution, resolution) and labels int64 (n,)."""
    from scipy.io import loadmat

    try:
        table = loadmat(path, variable_names=["X", "y"])
        images = torch.from_numpy(table["X"]).permute(3, 2, 0, 1).contiguous()
        labels = torch.from_numpy(table["y"].astype("int64")).flatten()
    except Exception as error:  # a broken .mat file can raise any exception
        raise ValueError(f"{path} is not a .mat file of SVHN ({error}): download it again") from error
    if images.dtype != torch.uint8 or tuple(images.shape[1:]) != (3, 32, 32) or len(images) != len(labels):
        raise ValueError(
            f"{path} must hold uint8 images of shape (n, 3, 32, 32) and one label each, got {images.dtype} of shape "
            f"{tuple(images.shape)} and {len(labels)} labels: download it again"
        )
    return resize(images, resolution), labels % 10  # the files call the digit 0 "10"
