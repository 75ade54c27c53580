"""Whether the frames of a clip show the same content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import ScoreRange
from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.features.video_features import ShowsFrames
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic
from ganlab.metrics.temporal_ratio import require_clips


@final
@dataclass(frozen=True)
class FrameVariance(SumStatistic):
    """Sums for the variance of frame features within clips ("within") and of their means between clips.

    "means" (width) and "squares" are the sums of the clips' mean features and of their squared norms.
    """

    frames: int
    width: int

    @property
    def reads(self) -> tuple[str, ...]:
        """The features of frames."""
        return ("spatial",)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the sums."""
        return {"within": (), "means": (self.width,), "squares": (), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Return the sums of a batch."""
        assert batch.spatial is not None
        frames = batch.spatial.double().unflatten(1, (self.frames, self.width))
        means = frames.mean(1)
        within = (frames - means[:, None]).square().sum() / (self.frames - 1)
        count = torch.tensor(float(len(frames)))
        return {"within": within, "means": means.sum(0), "squares": means.square().sum(), "count": count}


@final
class ContentConsistency(Metric):
    """Intraclass correlation of the features of frames, with clips as classes (Shrout & Fleiss 1979, ICC(1,1)).

    It is 1 if all frames of a clip have the same features, 0 in expectation if they have no more in common than frames
    of different clips, and negative at worst. Features of `video_classifier` are what tells the classes in single
    pictures, so that moving matters little. Still clips score 1, too: read it with `temporal_ratio`; and generated
    clips may be as consistent as real ones, whose score is the floor, but not more. Tulyakov et al. (2018) measure
    distances instead, which depend on the scale of the features. Raises UnsuitableMetricError if the data are no clips
    of 2 or more frames, or the feature space has no features of frames.
    """

    name: ClassVar[str] = "content_consistency"
    scores: ClassVar[dict[str, bool | None]] = {"content_consistency": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"content_consistency": (-1.0, 1.0)}
    reference: ClassVar[str] = "none"
    needed_generated_samples = 3

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        require_clips(self.name, data)
        if not isinstance(features, ShowsFrames) or features.frames < 2:
            raise UnsuitableMetricError(
                f"metric={self.name} compares features of at least 2 frames, which features={features.name} does not "
                f"have for this data; choose features=video_classifier, or remove {self.name} from metric"
            )
        self.variance = FrameVariance(features.frames, features.spatial_width // features.frames)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Sums of features."""
        return [self.variance]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the correlation; raises ValueError for fewer than 2 generated clips."""
        sums, frames = fake[self.variance], self.variance.frames
        count = sums["count"].item()
        if count < 2:
            raise ValueError(f"content_consistency needs at least 2 generated clips, got {int(count)}")
        within = (sums["within"] / count).item()
        between = frames * ((sums["squares"] - sums["means"].square().sum() / count) / (count - 1)).item()
        total = between + (frames - 1) * within
        # If all frames of all clips are equal, so are those of each clip.
        return {"content_consistency": (between - within) / total if total else 1.0}

    def describe(self) -> dict[str, Any]:
        """Return the number of frames that are compared."""
        return {"frames": self.variance.frames}
