import math

import pytest
import torch
from scipy.stats import wasserstein_distance
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.features import Identity
from ganlab.metrics import SlicedWasserstein
from ganlab.metrics.sliced_wasserstein import line_distances


def sliced(real: Tensor, fake: Tensor, **settings: int) -> float:
    metric = SlicedWasserstein(Identity(Points(width=real.shape[1])), **settings)
    return compute_scores(metric, real, fake)["sliced_wasserstein"]


def test_a_shift_scores_its_mean_length_along_the_directions() -> None:
    real = normal(100, 2)
    # |cos| of a uniform angle has the mean 2/π
    assert sliced(real, real + torch.tensor([3.0, 4.0]), projections=4096) == pytest.approx(5 * 2 / math.pi, rel=0.02)
    assert sliced(real, real[torch.randperm(100, generator=torch.Generator().manual_seed(0))]) == 0


def test_in_one_dimension_it_is_the_distance_of_sorted_points() -> None:
    real, fake = normal(200, 1), normal(200, 1, seed=1) * 2 + 1
    expected = (real.sort(0).values - fake.sort(0).values).double().square().mean().sqrt()
    assert sliced(real, fake) == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(6, 4), (5, 7), (1, 9), (8, 8)])
def test_unequal_counts_use_quantiles(n: int, m: int) -> None:
    real, fake = normal(n, 3).double(), normal(m, 3, seed=1).double()
    repeated = real.repeat_interleave(m, 0).sort(0).values - fake.repeat_interleave(n, 0).sort(0).values
    torch.testing.assert_close(line_distances(real, fake), repeated.square().mean(0).sqrt())


def test_sorts_shifts_like_scipys_distance() -> None:
    real = normal(300, 1)
    shifts = [0.0, 0.3, 1.0, 2.5]
    scores = [sliced(real, normal(200, 1, seed=1) + shift) for shift in shifts]
    distances = [wasserstein_distance(real[:, 0], normal(200, 1, seed=1)[:, 0] + shift) for shift in shifts]
    assert scores == sorted(scores)
    assert all(second >= first for first, second in zip(distances, scores, strict=True))  # W₁ ≤ W₂


def test_directions_are_the_same_every_time() -> None:
    real, fake = normal(50, 16), normal(60, 16, seed=1) + 1
    state = torch.get_rng_state()
    assert sliced(real, fake, projections=70) == sliced(real, fake, projections=70)
    assert torch.equal(torch.get_rng_state(), state)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"metric\.sliced_wasserstein\.projections must be at least 1, got 0"):
        SlicedWasserstein(Identity(Points()), projections=0)
    with pytest.raises(ValueError, match="at least 1 real and 1 generated sample, got 3 and 0"):
        sliced(normal(3, 2), normal(0, 2))
    assert SlicedWasserstein(Identity(Points())).describe() == {"projections": 256}
