"""Noisy images, which a generator denoises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from ganlab.core.random import Random
from ganlab.corruptions.base import Baseline, DrawnCorruption, ImageShape, check_positive, to_bytes
from ganlab.corruptions.filters import choose_strength, gaussian_filter, median_filter

SIGMAS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5, 2.0)  # pixels
SIZES = (3, 5, 7)  # pixels


@final
@dataclass(frozen=True)
class Noise(DrawnCorruption):
    """Adds Gaussian noise with a standard deviation of `sigma` grey levels of 255, and cuts off what is outside.

    Raises ValueError unless `sigma` is above 0.
    """

    sigma: float = 25.0
    name: ClassVar[str] = "noise"

    def __post_init__(self) -> None:
        check_positive("corruption.sigma", self.sigma)

    def shape(self, image: ImageShape) -> ImageShape:
        """Return the same shape."""
        return image

    def corrupt(self, images: Tensor, random: Random) -> Tensor:
        """Add fresh noise."""
        return to_bytes(images.float() + self.sigma * random.normal("corruption.noise", images.shape))

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return the noisy image itself, and a Gaussian and a median filter of the best width for the examples."""
        return {
            "input": lambda noisy: noisy,
            "gaussian": choose_strength(gaussian_filter, SIGMAS, examples, corrupted),
            "median": choose_strength(lambda noisy, size: median_filter(noisy, int(size)), SIZES, examples, corrupted),
        }
