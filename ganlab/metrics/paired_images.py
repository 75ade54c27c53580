"""What all comparisons of generated images with their truths share: colour, crop, and a mean over images."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.pairs import require_pairs
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic

COLOURS = ("rgb", "y")
LUMA, LUMA_OFFSET = (65.481, 128.553, 24.966), 16.0  # of ITU-R BT.601, for colours from 0 to 255 divided by 255
WHITE = 255.0
CHUNK_VALUES = 1 << 20  # pixels and channels that are compared at once, for flat memory


@dataclass(frozen=True)
class PairedStatistic(SumStatistic, ABC):
    """Sum over images of a number that compares a generated uint8 image with its truth ("total"), and their "count".

    `colour` is "rgb" for all channels as they are, or "y" for the luma of ITU-R BT.601 from 16 to 235, which MATLAB's
    rgb2ycbcr has before it rounds; an image of one channel is its own luma. `crop` pixels of every border are left out.
    """

    colour: str = "rgb"
    crop: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        """Generated images and their truths."""
        return ("samples", "truth")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of two numbers."""
        return {"total": (), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Compare every image with its truth; raises ValueError without truths, or if these have another shape."""
        images, truths = require_pairs(batch.samples, batch.truth)
        values = self.values(images, truths.to(images.device))
        return {"total": values.sum(), "count": torch.tensor(float(len(images)))}

    def values(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the number of each image, float64 (n,), of uint8 images (n, channels, height, width)."""
        size = max(1, CHUNK_VALUES // max(1, images[:1].numel()))
        chunks = zip(images.split(size), truths.split(size), strict=True)
        values = [self.compare(self.prepare(image), self.prepare(truth)) for image, truth in chunks]
        return torch.cat(values) if values else torch.empty(0, dtype=torch.float64)

    def prepare(self, images: Tensor) -> Tensor:
        """Return the compared part of uint8 images in the chosen colour, float64 from 0 to 1."""
        height, width = images.shape[2:]
        inner = images[:, :, self.crop : height - self.crop, self.crop : width - self.crop].double()
        return (luma(inner) if self.colour == "y" else inner) / WHITE

    @abstractmethod
    def compare(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the number of each image, float64 (n,), of images from 0 to 1 (n, channels, height, width)."""


class PairedMetric(Metric, ABC):
    """Mean over images of a comparison with the truth; higher is better unless `scores` says otherwise.

    `statistic` is the comparison, and `smallest` the side in pixels that it needs. Raises ValueError for a colour that
    is unknown and a negative crop, and UnsuitableMetricError if the data is not paired, or if its samples are not
    images, are too small, or have no luma for colour=y.

    >>> from types import SimpleNamespace
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features import Identity
    >>> from ganlab.metrics.statistics import gather
    >>> @dataclass(frozen=True)
    ... class AbsoluteError(PairedStatistic):
    ...     def compare(self, images, truths):
    ...         return (images - truths).abs().flatten(1).mean(1)
    >>> class MeanAbsoluteError(PairedMetric):
    ...     name = "mean_absolute_error"
    ...     scores = {"mean_absolute_error": False}
    ...
    ...     def __init__(self, features, data, colour="rgb", crop=0):
    ...         super().__init__(features, data, AbsoluteError(colour, crop))
    >>> pairs = SimpleNamespace(spec=Spec((1, 2, 2), (1, 2, 2), paired=True))  # a data set of image pairs
    >>> metric = MeanAbsoluteError(Identity(pairs), pairs)
    >>> white, black = torch.full((3, 1, 2, 2), 255, dtype=torch.uint8), torch.zeros(3, 1, 2, 2, dtype=torch.uint8)
    >>> batch = FeatureBatch(torch.empty(3, 4), samples=white, truth=black)
    >>> metric.compute(SampleStatistics({}), SampleStatistics(gather(iter([(batch, 0)]), metric.statistics)))
    {'mean_absolute_error': 1.0}
    """

    reference: ClassVar[str] = "none"
    needs_truth: ClassVar[bool] = True

    @abstractmethod  # the comparison and its settings are those of a subclass
    def __init__(self, features: Features, data: Source, statistic: PairedStatistic, smallest: int = 1) -> None:
        super().__init__(features, data)
        self.statistic = statistic
        check_settings(self.name, statistic.colour, statistic.crop)
        check_images(self.name, data.spec.sample, statistic.colour, smallest + 2 * statistic.crop)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """The comparison."""
        return [self.statistic]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the mean under the metric's name; raises ValueError without generated samples."""
        count = fake[self.statistic]["count"].item()
        if not count:
            raise ValueError(f"{self.name} needs at least 1 generated sample, got 0")
        return {self.name: fake[self.statistic]["total"].item() / count}

    def describe(self) -> dict[str, Any]:
        """Return the colour, the crop in pixels, and that images are compared in [0, 1] after rounding to uint8."""
        return describe_pairs(self.statistic.colour, self.statistic.crop)


def describe_pairs(colour: str, crop: int) -> dict[str, Any]:
    """Return the settings of every comparison with the truth."""
    return {"colour": colour, "crop": crop, "range": "[0, 1] after rounding to uint8", "average": "of images"}


def check_settings(name: str, colour: str, crop: int) -> None:
    """Raise ValueError for an unknown colour or a negative crop."""
    if colour not in COLOURS:
        raise ValueError(f"metric.{name}.colour must be one of {', '.join(COLOURS)}, got {colour!r}")
    if crop < 0:
        raise ValueError(f"metric.{name}.crop must be at least 0 pixels, got {crop}")


def check_images(name: str, shape: Any, colour: str, smallest: int) -> None:
    """Raise UnsuitableMetricError for samples that are not images of at least `smallest` pixels with this colour."""
    match shape:
        case [int(), int() as height, int() as width] if min(height, width) < smallest:
            raise UnsuitableMetricError(
                f"metric={name} needs images of at least {smallest}x{smallest} pixels with these settings, but the "
                f"data's have {height}x{width}; choose a smaller window or crop, or remove {name} from metric"
            )
        case [int() as channels, int(), int()] if colour == "rgb" or channels in (1, len(LUMA)):
            return
        case [int() as channels, int(), int()]:
            raise UnsuitableMetricError(
                f"metric.{name}.colour=y needs images of 1 or {len(LUMA)} channels, but the data's have {channels}; "
                f"set metric.{name}.colour=rgb"
            )
    raise UnsuitableMetricError(
        f"metric={name} compares images, but the data's samples have shape {shape}; choose image data, or remove "
        f"{name} from metric"
    )


def luma(images: Tensor) -> Tensor:
    """Return the luma (n, 1, height, width) of colours from 0 to 255; images of one channel are returned unchanged."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, dtype=images.dtype, device=images.device) / WHITE
    return (images * weights[:, None, None]).sum(1, keepdim=True) + LUMA_OFFSET
