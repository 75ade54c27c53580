"""STL-10, read from its binary files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets import STL10
from torchvision.datasets.utils import download_and_extract_archive

from ganlab.data.image import ImageDataSet, load_train_and_test
from ganlab.data.readers.download import find_or_download
from ganlab.data.readers.image_storage import InMemoryImages, resize

SHAPE = (3, 96, 96)
# By the setting `part`: the files of images, and of labels if they are read, for training and test.
PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "labeled": {"train": ("train_X.bin", "train_y.bin"), "test": ("test_X.bin", "test_y.bin")},
    "unlabeled": {"train": ("unlabeled_X.bin",), "test": ("test_X.bin",)},
}


class Stl10(ImageDataSet):
    """96×96 colour images (Coates et al. 2011): 5,000 labelled ones of 10 classes, or 100,000 unlabelled ones.

    There are 8,000 test images. Raises ValueError if files are missing or broken, and for an unknown `part`.
    """

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        part: str = "unlabeled",
        resolution: int = 48,
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        limit: int = 0,
    ) -> None:
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
        root = Path(data_root).expanduser()
        names = [name for files in PARTS[part].values() for name in files]
        folders = [root / "stl10_binary", root / "stl10"]
        folder = find_or_download("stl10", names, folders, path, lambda: _download(root))
        images, classes, count = load_train_and_test(
            lambda split: _read([folder / name for name in PARTS[part][split]], resolution)
        )
        labelled = part == "labeled"
        super().__init__(
            InMemoryImages(images),
            classes if labelled else None,
            10 if labelled else 0,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )


def _download(root: Path) -> None:
    download_and_extract_archive(STL10.url, str(root), filename=STL10.filename, md5=STL10.tgz_md5)


def _read(paths: list[Path], resolution: int) -> tuple[Tensor, Tensor]:
    """Read images from the first file and labels 1 … 10 from the second one, or zeros if there is no second file."""
    size = torch.Size(SHAPE).numel()
    total = paths[0].stat().st_size
    if not total or total % size:
        raise ValueError(
            f"{paths[0]} must hold a whole number of images of {size} bytes, got {total} bytes: download it again"
        )
    # Memory-mapped and resized in chunks, because the unlabelled images are 2.6 GB; columns come before rows.
    table = torch.from_numpy(np.memmap(paths[0], np.uint8, "c")).reshape(-1, *SHAPE).transpose(2, 3)
    images = resize(table, resolution)
    if len(paths) == 1:
        return images, torch.zeros(len(images), dtype=torch.long)
    labels = torch.from_numpy(np.fromfile(paths[1], np.uint8)).long() - 1
    if len(labels) != len(images) or int(labels.min()) < 0 or int(labels.max()) > 9:
        raise ValueError(f"{paths[1]} must hold {len(images)} labels from 1 to 10: download it again")
    return images, labels
