"""Peak signal-to-noise ratio of generated images against their truths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from torch import Tensor

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.paired_images import WHITE, PairedMetric, PairedStatistic

HALF_LEVEL = 0.5 / WHITE


@final
@dataclass(frozen=True)
class PeakSignalToNoise(PairedStatistic):
    """−10 log₁₀ of the mean squared error of each image, in decibels; see `PSNR` for images without an error."""

    def compare(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the ratio of each image; the least error is that of half a level in one value."""
        squares = (images - truths).square().flatten(1)
        return -10 * squares.mean(1).clamp_min(HALF_LEVEL**2 / squares.shape[1]).log10()


@final
class PSNR(PairedMetric):
    """Mean over images of the peak signal-to-noise ratio against the truth, in decibels; higher is better.

    Of images in [0, 1], −10 log₁₀ of the mean squared error over all pixels and channels. The mean over images is what
    papers report; the ratio of the mean error of the whole set is far lower if a few images are bad. An output that
    equals its truth has no finite ratio: it counts as one in which a single value differs by half a level of 255, e.g.
    95.0 dB for 64 × 64 pixels in colour, above all that differ at all. `colour` and `crop` are those of
    `PairedStatistic`. Raises what `PairedMetric` raises.
    """

    name: ClassVar[str] = "psnr"
    scores: ClassVar[dict[str, bool | None]] = {"psnr": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"psnr": POSITIVE}

    def __init__(self, features: Features, data: Source, colour: str = "rgb", crop: int = 0) -> None:
        super().__init__(features, data, PeakSignalToNoise(colour, crop))

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, and what an output that equals its truth counts as."""
        return {**super().describe(), "exact": "half a level in one value"}
