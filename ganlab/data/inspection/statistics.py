"""What one pass over the images of a data set finds of each."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganlab.core.progress import progress
from ganlab.data.duplicates.search import FINE, reduce_images
from ganlab.data.image import ImageDataSet

CHUNK = 256  # images read at a time
NEAR = 8  # of 255: values so close to the median are those of a plain background


@final
@dataclass(frozen=True)
class ImageStatistics:
    """Thumbnails and numbers of the images at `rows` (n,), table indices of `data` in ascending order.

    `thumbnails` is uint8 (n, channels, 32, 32). `deviation` (n,) is the largest standard deviation of a channel, of
    255; `plain` (n,) the share of pixels that are close to the median; `colour` (n,) the mean difference between
    channels.
    """

    data: ImageDataSet
    rows: Tensor
    thumbnails: Tensor
    deviation: Tensor
    plain: Tensor
    colour: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def split_numbers(self) -> Tensor:
        """The split of each image, int64 (n,): 0 training, 1 validation, 2 test, -1 none."""
        numbers = torch.full((len(self.data.images),), -1)
        for number, name in enumerate(("train", "validation", "test")):
            numbers[self.data.split(name)] = number
        return numbers[self.rows]

    def names(self, places: Tensor) -> tuple[str, ...]:
        """Return the names of the images at these places among the rows."""
        return tuple(self.data.image_name(int(self.rows[place])) for place in places.tolist())


def measure_images(data: ImageDataSet, rows: Tensor) -> ImageStatistics:
    """Read the images at `rows` (n,) once, and return their statistics."""
    numbers = []
    thumbnails = [torch.empty(0, data.images.shape[0], FINE, FINE, dtype=torch.uint8)]
    for part in progress(rows.split(CHUNK), "looking at images", "chunk"):
        images = data.images.take(part)
        thumbnails.append(reduce_images(images, FINE))
        numbers.append(_measure(images))
    deviation, plain, colour = torch.cat(numbers).T if numbers else torch.empty(3, 0)
    return ImageStatistics(data, rows, torch.cat(thumbnails), deviation, plain, colour)


def _measure(images: Tensor) -> Tensor:
    values = images[:, :3].flatten(2).float()
    deviation = values.std(2, correction=0).amax(1)
    median = values.median(2, keepdim=True).values
    plain = ((values - median).abs() <= NEAR).all(1).float().mean(1)
    colour = (values - values.mean(1, keepdim=True)).abs().mean((1, 2))
    return torch.stack([deviation, plain, colour], 1)
