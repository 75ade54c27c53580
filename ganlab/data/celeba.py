"""CelebA's aligned faces, in the folder structure that torchvision downloads."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision import datasets

from ganlab.data.image import ImageDataSet
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.download import find_file, find_or_download
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.scan import read_images

FACES, ATTRIBUTES, PARTITION = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
MAX_PIXELS = 1_000_000  # the faces have 178×218
TEST = "2"  # code of the test part in the partition file; 0 is training and 1 is validation


class Celeba(ImageDataSet):
    """202,599 faces (Liu et al. 2015), cut to their central square and resized; the class is one binary attribute.

    The test split is the official one. Faces that need more than `memory_limit_mib` as pixels stay on disk and are
    decoded on access. Raises ValueError if files are missing or broken, and for an unknown attribute.
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
        files = [FACES, ATTRIBUTES, PARTITION]

        def download() -> None:
            datasets.CelebA(str(root), download=True)

        folder = find_or_download("celeba", files, [root / "celeba"], path, download, ".zip")
        faces = find_file(folder, FACES, ".zip")
        assert faces  # because `find_or_download` returned its folder
        archive = open_archive(faces)
        names, count = _order_faces(archive.files().images, folder / PARTITION)
        decoder = ImageDecoder(parse_resolution(resolution), 3, "crop", MAX_PIXELS)
        images, names = read_images(archive, names, decoder, memory_limit_mib, "refuse")
        super().__init__(
            images,
            _read_attribute(folder / ATTRIBUTES, attribute, names),
            2,
            count,
            conditional=labels,
            flip=flip,
            validation=validation,
            limit=limit,
        )


def _order_faces(names: PathTable, partition: Path) -> tuple[PathTable, int]:
    """Return all faces with the official test part at the end, and the number of faces before it."""
    part_of = dict(line.split()[:2] for line in partition.read_text().splitlines() if line.strip())
    test = [name for name in names if part_of.get(_file_name(name)) == TEST]
    others = [name for name in names if part_of.get(_file_name(name)) != TEST]
    return PathTable.of(others + test), len(others)


def _read_attribute(path: Path, attribute: str, names: PathTable) -> Tensor:
    """Return 1 for every face that has the attribute and 0 for the others, int64 of shape (n,)."""
    _, header, *rows = path.read_text().splitlines()
    attributes = header.split()
    if attribute not in attributes:
        raise ValueError(f"attribute must be one of {', '.join(attributes)}, got {attribute!r}")
    column = attributes.index(attribute) + 1
    values = {cells[0]: cells[column] for cells in map(str.split, rows)}
    missing = [name for name in names if _file_name(name) not in values]
    if missing:
        raise ValueError(
            f"{path} must list every face, but {len(missing)} are missing, such as {missing[0]}: download it again"
        )
    return torch.tensor([values[_file_name(name)] == "1" for name in names]).long()


def _file_name(name: str) -> str:
    return name.rsplit("/", 1)[-1]
