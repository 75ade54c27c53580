import pytest
import torch
from support.metric_sources import Points, normal, scored
from torch import Tensor

from ganlab.features import FeatureBatch, Identity
from ganlab.metrics import Duplicates


def duplicates(real: Tensor, fake: Tensor, chunk: int = 97, **settings: float) -> dict[str, float]:
    metric = Duplicates(Identity(Points()), **settings)
    sides = (FeatureBatch(points, samples=points) for points in (real, fake))
    return scored(metric, *sides, chunk=chunk)


def test_fresh_points_score_the_quantile() -> None:
    scores = duplicates(normal(4000, 2), normal(4000, 2, seed=1), quantile=0.05)
    assert scores["duplicates"] == pytest.approx(0.05, abs=0.015)
    assert scores["duplicates_exact"] == 0


def test_duplicates_are_found_as_built() -> None:
    real, fresh = normal(1000, 2), 5 * normal(1000, 2, seed=1)
    fake = torch.cat([fresh[:800], fresh[:100], fresh[100:200] + 1e-6])
    assert duplicates(real, fake) == {"duplicates": 0.4, "duplicates_exact": 0.2}
    assert duplicates(real, fake, chunk=1000) == duplicates(real, fake, chunk=7)


def test_a_generator_of_one_sample_has_nothing_else() -> None:
    assert duplicates(normal(50, 2), torch.ones(50, 2)) == {"duplicates": 1, "duplicates_exact": 1}


def test_groups_are_of_the_smaller_sides_size() -> None:
    real, fresh = normal(200, 2), 5 * normal(900, 2, seed=1)
    apart = torch.cat([fresh[:200], fresh[:200], fresh[200:300]])  # each alone in its group; 100 are left over
    together = torch.cat([fresh[:100], fresh[:100], fresh[100:400]])
    assert duplicates(real, apart)["duplicates_exact"] == 0
    assert duplicates(real, together)["duplicates_exact"] == 0.5
    assert duplicates(5 * normal(900, 2, seed=2), torch.cat([fresh[:100]] * 2))["duplicates"] == 1


def test_alike_to_the_byte_is_not_alike_in_features() -> None:
    features, pictures = torch.zeros(4, 2), torch.arange(4, dtype=torch.uint8)[[0, 1, 2, 2], None]
    real = FeatureBatch(normal(4, 2), samples=normal(4, 2))
    scores = scored(Duplicates(Identity(Points())), real, FeatureBatch(features, samples=pictures))
    assert scores == {"duplicates": 1, "duplicates_exact": 0.5}


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="at least 2 real and 2 generated samples, got 5 and 1"):
        duplicates(normal(5, 2), normal(1, 2))
    with pytest.raises(ValueError, match=r"metric.duplicates.quantile must be above 0 and below 1, got 1"):
        duplicates(normal(5, 2), normal(5, 2), quantile=1)
