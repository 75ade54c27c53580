"""The 1797 handwritten digits that scikit-learn ships: image data for a machine without a network."""

import torch
from torch.nn import functional

from ganlab.data.image import ImageDataSet
from ganlab.data.images import InMemory, rescale

SIDE = 8


class Digits(ImageDataSet):
    """8×8 grey digits of 10 classes (Alpaydin & Kaynak 1998), enlarged to `resolution` by bicubic interpolation.

    Raises ValueError for a resolution below 8.
    """

    channels, classes = 1, 10

    classifier = "digits"

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
        from sklearn.datasets import load_digits  # slow to import, and needed for nothing else

        bunch = load_digits()
        images = torch.from_numpy(bunch.images).float()[:, None] * (255 / 16)
        # Enlarged strokes would be cut off at the edge, which they touch; a black frame lets them end.
        images = rescale(functional.pad(images, [1] * 4), resolution) if resolution > SIDE else images.to(torch.uint8)
        classes = torch.from_numpy(bunch.target).long()
        super().__init__(
            InMemory(images),
            classes,
            10,
            len(images),
            conditional=labels,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
        )
