"""Scores of whole photographs, of any size, against their truths."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, final, runtime_checkable

import torch
from torch import Tensor

from ganlab.core.interfaces import Conditions, Spec
from ganlab.core.pixel_range import to_network_range
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.core.tree import Tree
from ganlab.features.base import Features, quantise
from ganlab.games.translator import OVERLAP, Translator
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError
from ganlab.metrics.paired_images import check_settings, describe_pairs, require_pairs
from ganlab.metrics.psnr import PeakSignalToNoise
from ganlab.metrics.ssim import SIZES, StructuralSimilarity, check_window, describe_window


@runtime_checkable
class WholeImageSource(Protocol):
    """A data set that is trained on crops of images, and also has whole ones."""

    @property
    def spec(self) -> Spec:
        """The spec, with the shape of a crop."""

    def whole_pairs(self, split: str) -> Iterator[tuple[str, Conditions]]:
        """Yield the name, and a batch of 1 with the condition and the truth, of each image: uint8, of any size."""

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return what a generator must beat, by name: functions from conditions to samples, in network coordinates."""


@final
class WholeImages(ModelMetric):
    """Mean over whole images of the signal-to-noise ratio ("image_psnr") and the similarity ("image_ssim"); ↑ better.

    The generator is applied to each image of the protocol's split as a whole, as `ganlab apply` does, or in squares of
    `tile` pixels with `overlap`. Both are those of `psnr` and `ssim`, with the same settings. `image_psnr_baseline` and
    `image_ssim_baseline` are the best that a baseline of the data has for the same images, such as bicubic enlargement.
    Raises ValueError for a setting out of range, and UnsuitableMetricError if the data is not paired or has no whole
    images.
    """

    name: ClassVar[str] = "whole_images"
    scores: ClassVar[dict[str, bool | None]] = {
        "image_psnr": True,
        "image_ssim": True,
        "image_psnr_baseline": None,
        "image_ssim_baseline": None,
    }
    ranges: ClassVar[Mapping[str, ScoreRange]] = {
        "image_psnr": POSITIVE,
        "image_ssim": (-1.0, 1.0),
        "image_psnr_baseline": POSITIVE,
        "image_ssim_baseline": (-1.0, 1.0),
    }
    needs_truth: ClassVar[bool] = True

    def __init__(
        self,
        features: Features,
        data: WholeImageSource,
        colour: str = "rgb",
        crop: int = 0,
        window: str = "gaussian",
        border: str = "valid",
        tile: int | None = None,
        overlap: int = OVERLAP,
    ) -> None:
        check_settings(self.name, colour, crop)
        check_window(self.name, window, border)
        for setting, value, least in (("tile", 1 if tile is None else tile, 1), ("overlap", overlap, 0)):
            if value < least:
                raise ValueError(f"metric.{self.name}.{setting} must be at least {least}, got {value}")
        if tile is not None and tile <= overlap:
            raise ValueError(f"metric.{self.name}.tile must be above overlap={overlap}, got {tile}")
        super().__init__(features, data)
        if not isinstance(data, WholeImageSource):  # the command line allows any data set
            raise UnsuitableMetricError(
                "metric=whole_images scores whole images of any size, but this data has only samples of one size; "
                "choose metric=[psnr,ssim], or remove whole_images from metric"
            )
        self.data, self.tile, self.overlap, self.smallest = data, tile, overlap, SIZES[window] + 2 * crop
        self.statistics = {
            "psnr": PeakSignalToNoise(colour, crop),
            "ssim": StructuralSimilarity(colour, crop, window, border),
        }

    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return the scores; raises ValueError if there is no image, or if one is too small for the window."""
        sampler = context.sampler
        translator = Translator(
            sampler.game, context.generator, sampler.spec, self.tile, self.overlap, seed=context.seed
        )
        makers: dict[str, Callable[[Tree], Tree]] = {"": lambda images: translator(images[0])[None]}
        makers |= self.data.baselines()
        values: dict[str, list[Tensor]] = {name: [] for name in makers}
        for name, pair in self.data.whole_pairs(context.held_out):
            self._check_size(pair.truth, name)
            for maker, make in makers.items():
                values[maker].append(self._compare(make(to_network_range(pair.cond)), pair.truth))
        if not values[""]:
            raise ValueError(f"whole_images needs at least 1 image, but the split {context.held_out} has none")
        means = {maker: torch.stack(rows).mean(0).tolist() for maker, rows in values.items()}
        own, others = means.pop(""), list(means.values())
        scores = {f"image_{name}": own[column] for column, name in enumerate(self.statistics)}
        for column, name in enumerate(self.statistics):
            if others:
                scores[f"image_{name}_baseline"] = max(row[column] for row in others)
        return scores

    def describe(self) -> dict[str, Any]:
        """Return the settings of the comparison, and how large images are translated."""
        settings = self.statistics["psnr"]
        window = {name: getattr(self.statistics["ssim"], name) for name in ("window", "border")}
        tiles = {"tile": self.tile, "overlap": self.overlap if self.tile else None}
        return {**describe_pairs(settings.colour, settings.crop), **describe_window(**window), **tiles}

    def _compare(self, output: Tensor, truth: Tensor) -> Tensor:
        images, truths = require_pairs(quantise(output), truth)
        return torch.cat([statistic.values(images, truths) for statistic in self.statistics.values()])

    def _check_size(self, truth: Tensor, name: str) -> None:
        height, width = truth.shape[2:]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"whole_images needs images of at least {self.smallest}x{self.smallest} pixels with these settings, "
                f"but {name} has {height}x{width}; choose a smaller window or crop, or remove the image"
            )
