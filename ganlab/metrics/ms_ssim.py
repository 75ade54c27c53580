"""Similarity of generated images to each other: a generator that always makes the same image scores 1."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torchmetrics.image import MultiScaleStructuralSimilarityIndexMeasure

from ganlab.core.progress import progress
from ganlab.core.random import Random
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

WINDOW, SIGMA = 11, 1.5  # pixels
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, finest first
MIN_SIZE = 3  # pixels, the smallest window
BLOCK = 100  # pairs per batch


@final
class MSSSIM(Metric):
    """Mean multi-scale structural similarity of pairs of images (Odena et al. 2017, section 4.2); lower is better.

    It is torchmetrics' MultiScaleStructuralSimilarityIndexMeasure of generated images with each other.
    `ms_ssim` compares generated images with each other, `ms_ssim_real` real images; a score far above it indicates
    collapse. For conditional models both images of a pair are of one class. The pairs, at most `pairs` of them, are
    disjoint and always the same. Five scales need 176 pixels (Wang et al. 2003, section 4). Smaller images are compared
    at as many scales as leave the coarsest image at least as large as the window of 11 pixels, with weights rescaled to
    sum to one; images below 11 pixels have a smaller window. Raises ValueError if `pairs` is below 1, and
    UnsuitableMetricError if the samples are not images of at least 3 pixels.
    """

    name: ClassVar[str] = "ms_ssim"
    scores: ClassVar[dict[str, bool | None]] = {"ms_ssim": False, "ms_ssim_real": None}

    def __init__(self, features: Features, data: Source, pairs: int = 1000) -> None:
        super().__init__(features, data)
        if pairs < 1:
            raise ValueError(f"metric.ms_ssim.pairs must be at least 1, got {pairs}")
        self.pairs, self.classes = pairs, data.spec.classes
        match data.spec.sample:
            case [int(), int() as height, int() as width] if min(height, width) >= MIN_SIZE:
                self.window, self.weights = scales(min(height, width))
            case other:
                raise UnsuitableMetricError(
                    f"metric=ms_ssim compares images of at least {MIN_SIZE}x{MIN_SIZE} pixels, but the data's samples "
                    f"have shape {other}; choose image data, or remove ms_ssim from metric"
                )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All images and, for conditional models, their classes."""
        if self.classes:
            return [AllValues("samples"), AllValues("labels")]
        return [AllValues("samples")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `ms_ssim` and `ms_ssim_real`; raises ValueError without a pair of real and one of generated images."""
        return {"ms_ssim": self._mean(fake, "generated"), "ms_ssim_real": self._mean(real, "real")}

    def describe(self) -> dict[str, Any]:
        """Return the number of pairs, the window in pixels, and the weights of the scales."""
        return {"pairs": self.pairs, "window": self.window, "weights": list(self.weights)}

    def _mean(self, samples: SampleStatistics, name: str) -> float:
        images = samples.rows("samples")
        labels = samples.rows("labels") if self.classes else torch.zeros(len(images), dtype=torch.int64)
        pairs = disjoint_pairs(labels)[: self.pairs]
        if not len(pairs):
            raise ValueError(f"ms_ssim needs two {name} images of one class, got {len(images)} images")
        similarity = MultiScaleStructuralSimilarityIndexMeasure(
            sigma=SIGMA * self.window / WINDOW,
            kernel_size=self.window,
            reduction="none",
            data_range=1.0,
            betas=self.weights,
            sync_on_compute=False,
        )
        for block in progress(pairs.split(BLOCK), f"ms_ssim, {name}", "block"):
            similarity.update(*(images[block].float() / 255).unbind(1))
        return float(similarity.compute().double().mean())


def scales(size: int) -> tuple[int, tuple[float, ...]]:
    """Return the window in pixels and the weights of the scales, for images whose shorter side has `size` pixels."""
    window = min(WINDOW, size - 1 + size % 2)
    possible = [
        n for n in range(2, len(WEIGHTS) + 1) if size // 2 ** (n - 1) >= window and size // (n - 1) ** 2 >= window
    ]
    weights = WEIGHTS[: max(possible, default=1)]
    return window, tuple(weight / sum(weights) for weight in weights)


def disjoint_pairs(labels: Tensor) -> Tensor:
    """Return pairs of indices (k, 2) of samples of one class, each sample at most once, in a random order."""
    random = Random()
    order = random.uniform("samples", (len(labels),)).argsort()
    order = order[labels[order].argsort(stable=True)]  # class by class
    sizes = labels.unique(return_counts=True)[1]
    rank = torch.cat([torch.arange(size) for size in sizes.tolist()]) if len(sizes) else order  # within the class
    first = ((rank % 2 == 0) & (rank + 1 < sizes.repeat_interleave(sizes))).nonzero()[:, 0]
    pairs = torch.stack([order[first], order[first + 1]], 1)
    return pairs[random.uniform("pairs", (len(pairs),)).argsort()]
