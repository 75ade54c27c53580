"""The 1797 handwritten digits that scikit-learn ships: image data without a download."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ganlab.data.image import ImageDataSet
from ganlab.data.readers.image_storage import InMemoryImages, rescale

SIDE = 8  # pixels


class Digits(ImageDataSet):
    """8×8 grey digits of 10 classes (Alpaydin & Kaynak 1998), enlarged to `resolution` by bicubic interpolation.

    Raises ValueError for a resolution below 8.
    """

    channels, classes = 1, 10

    def __init__(
        self,
        resolution: int = 28,
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
    ) -> None:
        if resolution < SIDE:
            raise ValueError(f"resolution must be at least {SIDE}, got {resolution}")
        self.classifier = "digits" if resolution > SIDE else "digits_8"  # the frame makes other pictures
        images, classes = read_digits()
        # Strokes touch the edge, where enlarging would cut them off; a black frame lets them end.
        images = rescale(functional.pad(images, [1] * 4), resolution) if resolution > SIDE else images.to(torch.uint8)
        super().__init__(
            InMemoryImages(images),
            classes,
            10,
            len(images),
            conditional=labels,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
        )


def read_digits() -> tuple[Tensor, Tensor]:
    """Read pixels (n, 1, 8, 8) from 0 to 255 and classes (n,) from the file of `sklearn.datasets.load_digits`.

    The package is located but not imported: its import would take 78 MiB and a second.
    """
    package = find_spec("sklearn")
    assert package is not None
    assert package.origin is not None
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        rows = torch.from_numpy(np.loadtxt(file, np.float32, delimiter=","))
    return rows[:, :-1].reshape(-1, 1, SIDE, SIDE) * (255 / 16), rows[:, -1].long()
