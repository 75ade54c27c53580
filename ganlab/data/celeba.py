"""CelebA's aligned faces, in the layout that torchvision downloads."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision import datasets

from ganlab.data.image import ImageDataSet
from ganlab.data.readers.archive import open_archive
from ganlab.data.readers.decode_image import Picture, as_size
from ganlab.data.readers.download import located, obtain
from ganlab.data.readers.scan import read_images

FACES, ATTRIBUTES, PARTITION = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
MAX_PIXELS = 1_000_000  # the faces have 178×218
TEST = "2"  # the partition file's name for it; 0 and 1 are for training and validation


class Celeba(ImageDataSet):
    """202,599 faces (Liu et al. 2015), cut to their central square and resized; the class is one binary attribute.

    The test part is the official one. Faces beyond `memory_limit_mib` are decoded from disk. Raises ValueError where
    the files are not found or broken.
    """

    classes = 2

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        resolution: int = 64,
        attribute: str = "Male",
        labels: bool = False,
        flip: bool = True,
        validation: float = 0.1,
        limit: int = 0,
        memory_limit_mib: int = 4096,
    ) -> None:
        root = Path(data_root).expanduser()
        required = [FACES, ATTRIBUTES, PARTITION]
        places, fetch = [root / "celeba"], lambda: datasets.CelebA(str(root), download=True)
        place = obtain("celeba", required, places, path, fetch, ".zip")
        faces = located(place, FACES, ".zip")
        assert faces  # `obtain` has seen it
        archive = open_archive(faces)
        names, count = _order(archive.images(), place / PARTITION)
        picture = Picture(as_size(resolution), 3, "crop", MAX_PIXELS)
        images, names = read_images(archive, names, picture, memory_limit_mib, "refuse")
        super().__init__(
            images,
            _labels(place / ATTRIBUTES, attribute, names),
            2,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )


def _order(names: list[str], partition: Path) -> tuple[list[str], int]:
    """Return all faces, the official test part last, and how many come before it."""
    part = dict(line.split()[:2] for line in partition.read_text().splitlines() if line.strip())
    test = [name for name in names if part.get(_base(name)) == TEST]
    others = [name for name in names if part.get(_base(name)) != TEST]
    return others + test, len(others)


def _labels(path: Path, attribute: str, names: list[str]) -> Tensor:
    _, header, *rows = path.read_text().splitlines()
    columns = header.split()
    if attribute not in columns:
        raise ValueError(f"attribute must be one of {', '.join(columns)}, got {attribute!r}")
    column = columns.index(attribute) + 1
    values = {cells[0]: cells[column] for cells in map(str.split, rows)}
    without = [name for name in names if _base(name) not in values]
    if without:
        raise ValueError(f"{path} must list every face, but {len(without)} are missing, {without[0]} for one")
    return torch.tensor([values[_base(name)] == "1" for name in names]).long()


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1]
