"""STL-10, read from its binary files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets import STL10
from torchvision.datasets.utils import download_and_extract_archive

from ganlab.data.image import ImageDataSet, load_parts
from ganlab.data.readers.download import obtain
from ganlab.data.readers.image_storage import InMemory, resize

SHAPE = (3, 96, 96)
PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "labeled": {"train": ("train_X.bin", "train_y.bin"), "test": ("test_X.bin", "test_y.bin")},
    "unlabeled": {"train": ("unlabeled_X.bin",), "test": ("test_X.bin",)},
}


class Stl10(ImageDataSet):
    """96×96 colour images of 10 classes (Coates et al. 2011): 5,000 labelled ones, or 100,000 without labels.

    The test images are 8,000. Raises ValueError where the files are not found or broken.
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
        place = obtain("stl10", names, [root / "stl10_binary", root / "stl10"], path, lambda: _download(root))
        images, classes, count = load_parts(
            lambda name: _read([place / file for file in PARTS[part][name]], resolution)
        )
        known = {"labeled": classes}.get(part)
        super().__init__(
            InMemory(images),
            known,
            10 if known is not None else 0,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )


def _download(root: Path) -> None:
    download_and_extract_archive(STL10.url, str(root), filename=STL10.filename, md5=STL10.tgz_md5)


def _read(paths: list[Path], resolution: int) -> tuple[Tensor, Tensor]:
    """Read images and, where a second file has them, their labels, which count from 1."""
    size = torch.Size(SHAPE).numel()
    values = paths[0].stat().st_size
    if not values or values % size:
        raise ValueError(f"{paths[0]} must be a whole number of images of {size} bytes, got {values}: fetch it again")
    # Mapped, for the unlabelled images are 2.6 GB, resized in pieces; columns come before rows in the file.
    table = torch.from_numpy(np.memmap(paths[0], np.uint8, "c")).reshape(-1, *SHAPE).transpose(2, 3)
    images = resize(table, resolution)
    if len(paths) == 1:
        return images, torch.zeros(len(images), dtype=torch.long)
    labels = torch.from_numpy(np.fromfile(paths[1], np.uint8)).long() - 1
    if len(labels) != len(images) or int(labels.min()) < 0 or int(labels.max()) > 9:
        raise ValueError(f"{paths[1]} must hold {len(images)} labels from 1 to 10: fetch it again")
    return images, labels
