"""Grey images, which a generator colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from ganlab.core.luminance import luminance
from ganlab.corruptions.base import Baseline, FixedCorruption, ImageShape, to_bytes


@final
@dataclass(frozen=True)
class Grey(FixedCorruption):
    """Keeps the luminance of colour images (ITU-R BT.601), one channel."""

    name: ClassVar[str] = "grey"

    def shape(self, image: ImageShape) -> ImageShape:
        """Return the shape with one channel; raises ValueError unless images have three."""
        channels, height, width = image
        if channels != 3:
            raise ValueError(f"corruption=grey needs colour images of 3 channels, got {channels}; set data.images")
        return 1, height, width

    def apply(self, images: Tensor) -> Tensor:
        """Compute the luminance."""
        return to_bytes(luminance(images))

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return the grey image in all three channels."""
        return {"grey": lambda grey: grey.expand(-1, 3, -1, -1)}
