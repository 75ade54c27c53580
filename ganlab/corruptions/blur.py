"""Blurred images, which a generator sharpens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from ganlab.corruptions.base import Baseline, FixedCorruption, ImageShape, check_positive, to_bytes
from ganlab.corruptions.filters import gaussian_filter


@final
@dataclass(frozen=True)
class Blur(FixedCorruption):
    """Convolves images with a Gaussian of `sigma` pixels; raises ValueError unless `sigma` is above 0."""

    sigma: float = 1.5
    name: ClassVar[str] = "blur"

    def __post_init__(self) -> None:
        check_positive("corruption.sigma", self.sigma)

    def shape(self, image: ImageShape) -> ImageShape:
        """Return the same shape."""
        return image

    def apply(self, images: Tensor) -> Tensor:
        """Blur the images."""
        return to_bytes(gaussian_filter(images.float(), self.sigma))

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return the blurred image itself."""
        return {"input": lambda blurred: blurred}
