"""Street View House Numbers, read from the cropped digits' .mat files."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import SVHN
from torchvision.datasets.utils import download_url

from ganlab.data.image import ImageDataSet, load_parts
from ganlab.data.readers.download import obtain
from ganlab.data.readers.image_storage import InMemory, resize

PARTS = {"train": "train_32x32.mat", "test": "test_32x32.mat"}


class Svhn(ImageDataSet):
    """32×32 colour images of 10 digits, 73,257 to train and 26,032 to test (Netzer et al. 2011).

    Raises ValueError where the files are not found or broken.
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
        place = obtain("svhn", list(PARTS.values()), [root / "svhn", root], path, lambda: _download(root / "svhn"))
        images, classes, count = load_parts(lambda part: _read(place / PARTS[part], resolution))
        super().__init__(
            InMemory(images), classes, 10, count, conditional=labels, flip=False, validation=validation, limit=limit
        )


def _download(folder: Path) -> None:
    for part in PARTS:
        url, name, md5 = SVHN.split_list[part]
        download_url(url, str(folder), name, md5)


def _read(path: Path, resolution: int) -> tuple[Tensor, Tensor]:
    from scipy.io import loadmat

    try:
        table = loadmat(path, variable_names=["X", "y"])
        images = torch.from_numpy(table["X"]).permute(3, 2, 0, 1).contiguous()
        labels = torch.from_numpy(table["y"].astype("int64")).flatten()
    except Exception as error:  # a broken .mat raises anything at all
        raise ValueError(f"{path} is not SVHN's .mat file ({error}): fetch it again") from error
    if images.dtype != torch.uint8 or tuple(images.shape[1:]) != (3, 32, 32) or len(images) != len(labels):
        raise ValueError(
            f"{path} must hold colour images of 32 by 32 uint8 and one label each, got {tuple(images.shape)}"
        )
    return resize(images, resolution), labels % 10  # the files call the digit 0 "10"
