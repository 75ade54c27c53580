"""Whether generated rows are closer to training rows than to held-out rows."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import torch

from ganlab.core.score_range import POSITIVE, SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import nearest
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows, TrainingRows


@final
class ClosestRecord(Metric):
    """Share of generated rows whose closest record is a training row, against as many held-out rows.

    It is 0.5 for rows that know nothing of single training rows, and 1 for copies, so `closest_record_share` has no
    direction, and `closest_record_gap` is its distance from 0.5, lower is better. Equal distances count half.
    `closest_record_distance` is the median distance of generated rows to their closest training row, divided by that of
    held-out rows: about 1 for new rows, 0 for copies, above 1 for rows far from the data. Distances are those of
    features=table, with the class. The floor is the score of training rows themselves. Raises UnsuitableMetricError if
    the data is no table, or no data set with training rows.
    """

    name: ClassVar[str] = "closest_record"
    scores: ClassVar[dict[str, bool | None]] = {
        "closest_record_share": None,
        "closest_record_gap": False,
        "closest_record_distance": None,
    }
    ranges: ClassVar[Mapping[str, ScoreRange]] = {
        "closest_record_share": SHARE,
        "closest_record_gap": (0.0, 0.5),
        "closest_record_distance": POSITIVE,
    }

    def __init__(self, features: Features, data: Source | None = None) -> None:
        super().__init__(features, data)
        self.rows = TableRows(data, self.name)
        self.train = TrainingRows(data, self.rows, self.name)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All rows."""
        return self.rows.statistics

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError without held-out or generated rows."""
        held_out, made = self.rows.both(real, fake)
        if not len(held_out) or not len(made):
            raise ValueError(
                f"closest_record needs at least 1 held-out and 1 generated row, got {len(held_out)} and {len(made)}"
            )
        train = self.train.values(len(held_out))
        parts = [torch.from_numpy(self.rows.features(values)) for values in (train, held_out[: len(train)], made)]
        to_train, _ = nearest(parts[2], parts[0])
        to_held_out, _ = nearest(parts[2], parts[1])
        share = ((to_train < to_held_out).double() + (to_train == to_held_out).double() / 2).mean()
        between, _ = nearest(parts[1], parts[0])
        return {
            "closest_record_share": float(share),
            "closest_record_gap": abs(float(share) - 0.5),
            "closest_record_distance": float(to_train.median() / between.median().clamp_min(1e-12)),
        }
