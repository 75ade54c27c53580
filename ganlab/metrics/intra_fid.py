"""Mean FID within each class, which reveals a model that confuses its classes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from torch import Tensor

from ganlab.core.progress import progress
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.frechet import rows_distance
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class IntraFID(Metric):
    """Mean over classes of the FID between the real and the generated samples of a class (Miyato & Koyama 2018).

    Lower is better. The few samples of each class bias it upwards far more than FID, so compare only at equal counts.
    Needs conditional data.
    """

    name: ClassVar[str] = "intra_fid"
    scores: ClassVar[dict[str, bool | None]] = {"intra_fid": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"intra_fid": POSITIVE}
    needs_labels: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        self.classes = data.spec.classes
        self.needed_generated_samples = 2 * self.classes

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features and their classes."""
        return [AllValues("features"), AllValues("labels")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `intra_fid`; raises ValueError if a class has fewer than two real or two generated samples."""
        real_counts, fake_counts = (
            samples.rows("labels").long().bincount(minlength=self.classes).tolist() for samples in (real, fake)
        )
        for label, (real_count, fake_count) in enumerate(zip(real_counts, fake_counts, strict=True)):
            if min(real_count, fake_count) < 2:
                raise ValueError(
                    f"intra_fid needs at least 2 real and 2 generated samples of every class, "
                    f"got {real_count} and {fake_count} of class {label}; raise protocol.samples or the share of "
                    "held-out real images (data.validation, data.test), or remove intra_fid from metric"
                )
        labels = progress(range(self.classes), self.name, "class")
        total = sum(rows_distance(_class_rows(real, label), _class_rows(fake, label)) for label in labels)
        return {"intra_fid": total / self.classes}


def _class_rows(samples: SampleStatistics, label: int) -> Tensor:
    return samples.rows("features")[samples.rows("labels") == label]
