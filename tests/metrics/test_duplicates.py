import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.features import FeatureBatch, Identity
from ganlab.metrics import Duplicates


def duplicates(real: Tensor, fake: Tensor, chunk: int = 97, **settings: float) -> dict[str, float]:
    metric = Duplicates(Identity(Points()), **settings)
    batches = (FeatureBatch(points, samples=points) for points in (real, fake))
    return compute_scores(metric, *batches, chunk=chunk)


def test_independent_points_score_the_quantile() -> None:
    scores = duplicates(normal(4000, 2), normal(4000, 2, seed=1), quantile=0.05)
    assert scores["duplicates"] == pytest.approx(0.05, abs=0.015)
    assert scores["duplicates_exact"] == 0


def test_all_duplicates_are_found() -> None:
    real, points = normal(1000, 2), 5 * normal(1000, 2, seed=1)
    fake = torch.cat([points[:800], points[:100], points[100:200] + 1e-6])
    assert duplicates(real, fake) == {"duplicates": 0.4, "duplicates_exact": 0.2}
    assert duplicates(real, fake, chunk=1000) == duplicates(real, fake, chunk=7)


def test_a_generator_of_one_sample_scores_one() -> None:
    assert duplicates(normal(50, 2), torch.ones(50, 2)) == {"duplicates": 1, "duplicates_exact": 1}


def test_groups_have_the_size_of_the_smaller_set() -> None:
    real, points = normal(200, 2), 5 * normal(900, 2, seed=1)
    apart = torch.cat([points[:200], points[:200], points[200:300]])  # duplicates in different groups; 100 are ignored
    together = torch.cat([points[:100], points[:100], points[100:400]])
    assert duplicates(real, apart)["duplicates_exact"] == 0
    assert duplicates(real, together)["duplicates_exact"] == 0.5
    assert duplicates(5 * normal(900, 2, seed=2), torch.cat([points[:100]] * 2))["duplicates"] == 1


def test_equal_features_are_not_equal_bytes() -> None:
    features, pictures = torch.zeros(4, 2), torch.arange(4, dtype=torch.uint8)[[0, 1, 2, 2], None]
    real = FeatureBatch(normal(4, 2), samples=normal(4, 2))
    scores = compute_scores(Duplicates(Identity(Points())), real, FeatureBatch(features, samples=pictures))
    assert scores == {"duplicates": 1, "duplicates_exact": 0.5}


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="at least 2 real and 2 generated samples, got 5 and 1"):
        duplicates(normal(5, 2), normal(1, 2))
    with pytest.raises(ValueError, match=r"metric.duplicates.quantile must be above 0 and below 1, got 1"):
        duplicates(normal(5, 2), normal(5, 2), quantile=1)
