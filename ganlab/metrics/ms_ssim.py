"""How alike generated images are to each other: a model that always draws the same picture scores 1."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure
from tqdm import tqdm

from ganlab.core.random import Random
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic

WINDOW, SIGMA = 11, 1.5  # pixels
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, the finest first
LEAST = 3  # pixels that the smallest window has
BLOCK = 100  # pairs at a time


@final
class MSSSIM(Metric):
    """Mean multi-scale structural similarity of pairs of images (Odena et al. 2017, section 4.2); lower is better.

    `ms_ssim` compares generated images with each other, `ms_ssim_real` real ones: a score far above it tells collapse.
    Conditional models are compared within classes. No image is in two of the at most `pairs` pairs, which are drawn
    once and for all. Five scales need 176 pixels (Wang et al. 2003, section 4); smaller images have as many as keep the
    window of 11 pixels within the coarsest, with their weights scaled to sum to one, and those below 11 a smaller
    window. Raises ValueError for pairs below 1.
    """

    name: ClassVar[str] = "ms_ssim"
    scores: ClassVar[dict[str, bool | None]] = {"ms_ssim": False, "ms_ssim_real": None}

    def __init__(self, features: Features, data: Source, pairs: int = 1000) -> None:
        super().__init__(features, data)
        if pairs < 1:
            raise ValueError(f"metric.ms_ssim.pairs must be at least 1, got {pairs}")
        self.pairs, self.classes = pairs, data.spec.classes
        match data.spec.sample:
            case [int(), int() as height, int() as width] if min(height, width) >= LEAST:
                self.window, self.weights = scales(min(height, width))
            case other:
                raise UnsuitableMetricError(
                    f"metric=ms_ssim compares images of at least {LEAST} pixels a side, but the data's samples have "
                    f"shape {other}; choose image data, or drop ms_ssim from metric"
                )

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All images and, of conditional models, their classes."""
        return [AllValues("samples"), *([AllValues("labels")] if self.classes else [])]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `ms_ssim` and `ms_ssim_real`; raises ValueError where a side has no two images of one class."""
        return {"ms_ssim": self._mean(fake, "generated"), "ms_ssim_real": self._mean(real, "real")}

    def describe(self) -> dict[str, Any]:
        """Return the number of pairs, the window in pixels, and the weights of the scales."""
        return {"pairs": self.pairs, "window": self.window, "weights": list(self.weights)}

    def _mean(self, side: SampleStatistics, name: str) -> float:
        images = side.rows("samples")
        labels = side.rows("labels") if self.classes else torch.zeros(len(images), dtype=torch.int64)
        couples = disjoint_pairs(labels)[: self.pairs]
        if not len(couples):
            raise ValueError(f"ms_ssim needs two {name} images of one class, got {len(images)} images")
        bar = tqdm(couples.split(BLOCK), desc=f"ms_ssim, {name}", unit="block", delay=2, leave=False, disable=None)
        return float(torch.cat([self._similarity(images[part]) for part in bar]).double().mean())

    def _similarity(self, couples: Tensor) -> Tensor:
        first, second = (couples.float() / 255).unbind(1)
        sigma = SIGMA * self.window / WINDOW
        return multiscale_structural_similarity_index_measure(
            first, second, sigma=sigma, kernel_size=self.window, reduction="none", data_range=1.0, betas=self.weights
        )


def scales(size: int) -> tuple[int, tuple[float, ...]]:
    """Return the window in pixels and the weights of the scales for images whose shorter side has so many pixels."""
    window = min(WINDOW, size - 1 + size % 2)
    fitting = [
        n for n in range(2, len(WEIGHTS) + 1) if size // 2 ** (n - 1) >= window and size // (n - 1) ** 2 >= window
    ]
    weights = WEIGHTS[: max(fitting, default=1)]
    return window, tuple(weight / sum(weights) for weight in weights)


def disjoint_pairs(labels: Tensor) -> Tensor:
    """Return pairs of the numbers of samples of one class (k, 2), no sample twice, in a random order."""
    random = Random()
    order = random.uniform("samples", (len(labels),)).argsort()
    order = order[labels[order].argsort(stable=True)]  # class by class
    sizes = labels.unique(return_counts=True)[1]
    place = torch.cat([torch.arange(size) for size in sizes.tolist()]) if len(sizes) else order
    first = ((place % 2 == 0) & (place + 1 < sizes.repeat_interleave(sizes))).nonzero()[:, 0]
    pairs = torch.stack([order[first], order[first + 1]], 1)
    return pairs[random.uniform("pairs", (len(pairs),)).argsort()]
