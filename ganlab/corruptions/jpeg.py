"""Images with the blocks of JPEG compression, which a generator removes."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import ClassVar, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.corruptions.base import Baseline, FixedCorruption, ImageShape


@final
@dataclass(frozen=True)
class Jpeg(FixedCorruption):
    """Compresses images with Pillow at a `quality` from 1 to 95, and decodes them; colours at half the resolution.

    Raises ValueError for another quality.
    """

    quality: int = 10
    name: ClassVar[str] = "jpeg"

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 95:
            raise ValueError(f"corruption.quality must be from 1 to 95, got {self.quality}")

    def shape(self, image: ImageShape) -> ImageShape:
        """Return the same shape; raises ValueError for images with opacity."""
        if image[0] not in (1, 3):
            raise ValueError(
                f"corruption=jpeg needs images of 1 or 3 channels, got {image[0]}; set data.images.channels"
            )
        return image

    def apply(self, images: Tensor) -> Tensor:
        """Compress and decode one image after another."""
        return torch.stack([self._compress(image) for image in images])

    def _compress(self, image: Tensor) -> Tensor:
        pixels, buffer = image.permute(1, 2, 0).squeeze(2).contiguous().numpy(), BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=self.quality, subsampling="4:2:0")
        decoded = torch.from_numpy(np.array(Image.open(buffer)))
        return decoded.reshape(*image.shape[1:], image.shape[0]).permute(2, 0, 1)

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return the compressed image itself."""
        return {"input": lambda compressed: compressed}
