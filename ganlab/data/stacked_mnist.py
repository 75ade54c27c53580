"""Stacked MNIST: images of 1000 modes that a classifier can count."""

import torch
from torch import Tensor

from ganlab.core.random import derive
from ganlab.data.image import ImageDataSet
from ganlab.data.mnist import Mnist
from ganlab.data.readers.image_storage import StackedImages

CHANNELS = 3


class StackedMnist(ImageDataSet):
    """Three random digits as the channels of an image (Metz et al. 2017, unrolled GANs); the class is 0 … 999.

    There are `size` training images, and a sixth as many test images of test digits. Raises ValueError for a resolution
    other than 28 and 32, or a size below 6.
    """

    classes = 1000

    def __init__(
        self,
        data_root: str,
        path: str | None = None,
        size: int = 120_000,
        resolution: int = 28,
        labels: bool = False,
        validation: float = 0.1,
        limit: int = 0,
    ) -> None:
        if resolution not in (28, 32):
            raise ValueError(f"resolution must be 28 or 32, got {resolution}")
        if size < 6:
            raise ValueError(f"size must be at least 6, got {size}")
        images, digits, count = Mnist.load(data_root, path, resolution)
        train = draw_triples(size, count, "train")
        test = count + draw_triples(size // 6, len(images) - count, "test")
        rows = torch.cat([train, test])
        classes = digits[rows] @ torch.tensor([100, 10, 1])
        super().__init__(
            StackedImages(images, rows),
            classes,
            1000,
            size,
            conditional=labels,
            flip=False,
            validation=validation,
            limit=limit,
        )


def draw_triples(count: int, digits: int, part: str) -> Tensor:
    """Return, for `count` images, the indices of their digits, from 0 to `digits` − 1, shape (count, 3).

    They depend on the arguments only, so they are the same in every run.
    """
    generator = torch.Generator().manual_seed(derive("stacked", part))
    return torch.randint(digits, (count, CHANNELS), generator=generator)
