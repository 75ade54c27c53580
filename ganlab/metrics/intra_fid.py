"""The Fréchet distance within each class, which a model that confuses its classes cannot hide."""

from collections.abc import Sequence
from typing import ClassVar, final

from torch import Tensor
from tqdm import tqdm

from ganlab.features.base import Features, Source
from ganlab.metrics.frechet import rows_distance
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class IntraFID(Metric):
    """Mean over classes of the FID between a class's real and generated samples (Miyato & Koyama 2018).

    Lower is better. Few samples a class bias it upwards far more than FID: compare at equal counts only. Needs
    conditional data.
    """

    name: ClassVar[str] = "intra_fid"
    scores: ClassVar[dict[str, bool | None]] = {"intra_fid": False}
    needs_labels: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        self.classes = data.spec.classes

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features and their classes."""
        return [AllValues("features"), AllValues("labels")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `intra_fid`; raises ValueError where a class has fewer than two samples on a side."""
        counts = [side.rows("labels").long().bincount(minlength=self.classes) for side in (real, fake)]
        for number, pair in enumerate(zip(*(each.tolist() for each in counts), strict=True)):
            if min(pair) < 2:
                raise ValueError(
                    f"intra_fid needs at least 2 real and 2 generated samples of every class, "
                    f"got {pair[0]} and {pair[1]} of class {number}; raise protocol.samples, or the "
                    "share of real images held out (data.validation, data.test), or drop it from metric"
                )
        classes = tqdm(range(self.classes), desc=self.name, unit="class", delay=2, leave=False, disable=None)
        total = sum(rows_distance(_of(real, number), _of(fake, number)) for number in classes)
        return {"intra_fid": total / self.classes}


def _of(side: SampleStatistics, number: int) -> Tensor:
    return side.rows("features")[side.rows("labels") == number]
