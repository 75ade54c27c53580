"""Smaller images, of which super-resolution makes the large ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor
from torch.nn import functional

from ganlab.corruptions.base import Baseline, FixedCorruption, ImageShape, to_bytes
from ganlab.corruptions.enlargement import enlargement_baseline

KERNELS: Mapping[str, Callable[[Tensor, list[int]], Tensor]] = {
    "bicubic": lambda images, size: functional.interpolate(
        images, size, mode="bicubic", align_corners=False, antialias=True
    ),
    "bilinear": lambda images, size: functional.interpolate(
        images, size, mode="bilinear", align_corners=False, antialias=True
    ),
    "box": lambda images, size: functional.interpolate(images, size, mode="area"),
}


@final
@dataclass(frozen=True)
class Downscale(FixedCorruption):
    """Makes images `factor` times smaller; `kernel` is "bicubic" or "bilinear", both antialiased, or "box", the mean.

    Raises ValueError for a factor below 2 and for an unknown kernel.
    """

    factor: int = 2
    kernel: str = "bicubic"
    name: ClassVar[str] = "downscale"

    def __post_init__(self) -> None:
        if self.factor < 2:
            raise ValueError(f"corruption.factor must be at least 2, got {self.factor}")
        if self.kernel not in KERNELS:
            raise ValueError(f"corruption.kernel must be one of {', '.join(KERNELS)}, got {self.kernel!r}")

    def shape(self, image: ImageShape) -> ImageShape:
        """Return the smaller shape; raises ValueError if the sides are no multiples of `factor`."""
        channels, height, width = image
        if height % self.factor or width % self.factor:
            raise ValueError(
                f"corruption.factor={self.factor} needs images with sides that are multiples of it, got {height} by "
                f"{width}; set data.images.resolution"
            )
        return channels, height // self.factor, width // self.factor

    def apply(self, images: Tensor) -> Tensor:
        """Resize the images."""
        size = [side // self.factor for side in images.shape[2:]]
        return to_bytes(KERNELS[self.kernel](images.float(), size))

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return bicubic enlargement."""
        return enlargement_baseline(self.factor)

    def settings(self) -> dict[str, object]:
        """Return the settings, and that the kernel is antialiased."""
        return {**super().settings(), "corruption_antialiased": True}
