"""A membership test: whether generated rows show which rows the generator was trained on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import torch

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import nearest
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.table_rows import TableRows, TrainingRows, area_under_curve


@final
class Membership(Metric):
    """Area under the curve of an attack that takes rows near a generated row for training rows (Chen et al. 2020).

    The attack sees generated rows only, and ranks all training rows and all held-out rows by the distance to the
    nearest generated one. `membership` is 0.5 if the ranks say nothing, and 1 if all training rows come first, as
    with copies of each; `membership_gap` is the distance from 0.5, lower is better. Distances are those of
    features=table, with the class. More generated rows give the attack more. The floor is the score of training
    rows themselves. Raises UnsuitableMetricError if the data is no table, or no data set with training rows.
    """

    name: ClassVar[str] = "membership"
    scores: ClassVar[dict[str, bool | None]] = {"membership": None, "membership_gap": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"membership": SHARE, "membership_gap": (0.0, 0.5)}

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
        sides = [self.train.values(), *(self.rows.values(side) for side in (real, fake))]
        if not all(map(len, sides)):
            raise ValueError(
                f"membership needs at least 1 held-out and 1 generated row, got {len(sides[1])} and {len(sides[2])}"
            )
        train, held_out, made = (torch.from_numpy(self.rows.features(values)) for values in sides)
        distances = [nearest(rows, made)[0].numpy() for rows in (train, held_out)]
        area = area_under_curve(-distances[0], -distances[1])
        return {"membership": area, "membership_gap": abs(area - 0.5)}
