import math

import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.features import Identity
from ganlab.metrics import Birthday


def support(real: Tensor, fake: Tensor, **settings: float) -> float:
    return compute_scores(Birthday(Identity(Points(width=real.shape[1])), **settings), real, fake)["support_size"]


def draw(points: Tensor, count: int) -> Tensor:
    return points[torch.randint(len(points), (count,), generator=torch.Generator().manual_seed(2))]


@pytest.mark.parametrize("size", [10, 200, 5000])
def test_uniform_draws_from_n_points_score_n(size: int) -> None:
    count = 2000
    fake = draw(normal(size, 8, seed=1), count)
    deviation = math.sqrt(size) * math.sqrt(2) / count  # relative, of a Poisson count of n²/2N pairs
    assert support(normal(2000, 8), fake) == pytest.approx(size, rel=4 * deviation + 2 / count)


def test_unequal_shares_score_the_inverse_of_the_collision_probability() -> None:
    points = normal(3, 2, seed=1)
    fake = points.repeat_interleave(torch.tensor([500, 250, 250]), 0)
    assert support(normal(1000, 2), fake) == pytest.approx(1 / (0.5**2 + 2 * 0.25**2), rel=0.01)


def test_a_little_noise_around_points_changes_nothing() -> None:
    fake = draw(20 * normal(50, 2, seed=1), 1000)
    assert support(normal(1000, 2), fake + 1e-6 * normal(1000, 2)) == support(normal(1000, 2), fake)


def test_without_similar_pairs_the_score_is_a_bound() -> None:
    assert support(normal(200, 16), normal(100, 16, seed=1) * 50) == pytest.approx(100 * 99 / (2 * math.log(2)))


def test_real_data_score_their_number_divided_by_the_quantile() -> None:
    assert support(normal(4000, 2), normal(4000, 2, seed=1), quantile=0.05) == pytest.approx(4000 / 0.05, rel=0.3)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="at least 2 real and 2 generated samples, got 5 and 1"):
        support(normal(5, 2), normal(1, 2))
    with pytest.raises(ValueError, match=r"metric.birthday.quantile must be above 0 and below 1, got 0"):
        support(normal(5, 2), normal(5, 2), quantile=0)
