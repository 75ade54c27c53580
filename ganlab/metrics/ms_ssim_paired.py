"""Multi-scale structural similarity of generated images with their truths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.ms_ssim import MIN_SIZE, SIGMA, WINDOW, scales
from ganlab.metrics.paired_images import PairedMetric, PairedStatistic


@final
@dataclass(frozen=True)
class MultiScaleSimilarity(PairedStatistic):
    """Multi-scale structural similarity of each image with its truth, as torchmetrics has it, in float64.

    `window` is the side of the Gaussian window in pixels, and `weights` are those of the scales, finest first.
    """

    window: int = WINDOW
    weights: tuple[float, ...] = ()

    def compare(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the similarity of each image."""
        similarity = multiscale_structural_similarity_index_measure(
            images,
            truths,
            sigma=SIGMA * self.window / WINDOW,
            kernel_size=self.window,
            reduction="none",
            data_range=1.0,
            betas=self.weights,
            normalize="relu",
        )
        assert isinstance(similarity, Tensor)
        return similarity.reshape(len(images))


@final
class PairedMSSSIM(PairedMetric):
    """Mean over images of the multi-scale structural similarity with the truth (Wang et al. 2003); higher is better.

    metric=ms_ssim compares generated images with each other instead, and lower is better there. Five scales need 176
    pixels; smaller images are compared at fewer scales and images below 11 pixels with a smaller window, as there.
    `colour` and `crop` are those of `PairedStatistic`. Raises what `PairedMetric` raises.
    """

    name: ClassVar[str] = "ms_ssim_paired"
    scores: ClassVar[dict[str, bool | None]] = {"ms_ssim_paired": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"ms_ssim_paired": SHARE}

    def __init__(self, features: Features, data: Source, colour: str = "rgb", crop: int = 0) -> None:
        shape = data.spec.sample if isinstance(data.spec.sample, tuple) else ()
        window, weights = scales(max(MIN_SIZE, min(shape[1:], default=0) - 2 * crop))
        super().__init__(features, data, MultiScaleSimilarity(colour, crop, window, weights), MIN_SIZE)
        self.window, self.weights = window, weights

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, the window in pixels, and the weights of the scales."""
        return {**super().describe(), "window_pixels": self.window, "weights": list(self.weights)}
