"""FID with a penalty for generators that memorise their training samples."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

from ganlab.core import private_api
from ganlab.core.progress import progress
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.frechet import ReferenceDistance
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import BLOCK
from ganlab.metrics.statistics import AllValues, Moments, SampleStatistics, Statistic
from ganlab.metrics.torchmetrics_adapter.given_features import GivenFeatures

EPSILON = 1e-14  # added to the penalty, as in the published evaluation: the score of a perfect copy stays finite
ZERO_FID = 1e-8  # an FID up to this counts as 0, as in the published evaluation


@final
class MIFID(Metric):
    """FID divided by the mean cosine distance to the training samples (Bai et al. 2021); lower is better.

    It is torchmetrics' MemorizationInformedFrechetInceptionDistance in any feature space.
    The distance of a generated sample is the least 1 − |cos| to a training sample. A mean distance of `threshold` or
    more does not count as memorisation, and the score is the FID to the training samples. The threshold of 0.1 was
    chosen for Inception features. Other spaces have other angles, and in few dimensions, e.g. for points, there is a
    training sample in every direction. Samples whose features are all 0 have no angle and are ignored. Raises
    ValueError if the threshold is outside (0, 1].
    """

    name: ClassVar[str] = "mifid"
    scores: ClassVar[dict[str, bool | None]] = {"mifid": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"mifid": POSITIVE}
    reference: ClassVar[str] = "train"

    def __init__(self, features: Features, data: Source | None = None, threshold: float = 0.1) -> None:
        super().__init__(features, data)
        if not 0 < threshold <= 1:
            raise ValueError(f"metric.mifid.threshold must be above 0 and at most 1, got {threshold}")
        self.threshold = threshold
        self.moments = Moments("features", features.width)
        self.needed_real_samples = features.width + 1  # for a covariance of full rank
        self.distance = ReferenceDistance(self.name)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Mean and covariance, and all features."""
        return [self.moments, AllValues("features")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `mifid`; raises ValueError for fewer than two training or generated samples."""
        fid = self.distance(real[self.moments], fake[self.moments])
        metric = MemorizationDistance(real.rows("features"), fake.rows("features"), fid, self.threshold)
        return {"mifid": float(metric.compute())}

    def describe(self) -> dict[str, Any]:
        """Return the threshold."""
        return {"threshold": self.threshold}


@final
class MemorizationDistance(MemorizationInformedFrechetInceptionDistance):
    """torchmetrics' MiFID of features (n, d) and (m, d) with a known FID; n × m angles are never held at once.

    torchmetrics averages over its real samples the distance to the closest generated one; the paper averages over
    generated samples. So the generated samples are given as its real ones. The FID is the same both ways.
    """

    def __init__(self, real: Tensor, fake: Tensor, fid: float, threshold: float) -> None:
        super().__init__(GivenFeatures(real.shape[1]), cosine_distance_eps=threshold, sync_on_compute=False)
        self.real_features, self.fake_features, self.fid = [fake], [real], fid
        private_api.mark_metric_updated(self)

    def compute(self) -> Tensor:
        """Return the FID divided by the penalty."""
        distance = cosine_distance(torch.cat(self.real_features), torch.cat(self.fake_features))
        penalty = distance if distance < self.cosine_distance_eps else 1.0
        return torch.tensor(self.fid / (penalty + EPSILON) if self.fid > ZERO_FID else 0.0, dtype=torch.float64)


def cosine_distance(queries: Tensor, table: Tensor) -> float:
    """Return the mean over queries (n, d) of the least 1 − |cos| to a table row (m, d); 1 if all rows are zero."""
    queries, table = queries[queries.any(1)], table[table.any(1)]
    if not len(queries) or not len(table):
        return 1.0
    distances = []
    for query in progress(queries.split(BLOCK), "angles", "block"):
        direction = torch.nn.functional.normalize(query.double())
        blocks = (torch.nn.functional.normalize(block.double()) for block in table.split(BLOCK))
        closest = torch.stack([(direction @ block.T).abs().amax(1) for block in blocks]).amax(0)
        distances.append((1 - closest).clamp(min=0))  # negative only by rounding
    return float(torch.cat(distances).mean())
