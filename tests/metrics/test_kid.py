import numpy as np
import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor
from torch_fidelity.metric_kid import kid_features_to_metric

from ganlab.features import Identity
from ganlab.metrics import KID


def kid(real: Tensor, fake: Tensor, **settings: int) -> dict[str, float]:
    return compute_scores(KID(Identity(Points(width=real.shape[1])), **settings), real, fake)


def reference_kid(real: Tensor, fake: Tensor, subsets: int, size: int) -> float:
    settings = {"kid_subsets": subsets, "kid_subset_size": size, "rng_seed": 2020, "verbose": False}
    return kid_features_to_metric(fake, real, **settings)["kernel_inception_distance_mean"]


@pytest.mark.parametrize("shift", [0.0, 0.3])
@pytest.mark.parametrize(("reals", "fakes"), [(300, 300), (150, 420), (500, 120)])
def test_equals_torch_fidelity(shift: float, reals: int, fakes: int) -> None:
    real, fake = normal(reals, 48).relu(), normal(fakes, 48, seed=1).relu() + shift
    expected = reference_kid(real, fake, 20, 100)
    assert kid(real, fake, subsets=20, subset_size=100)["kid"] == pytest.approx(expected, rel=1e-6)


def test_a_small_sample_set_bounds_the_subset_size() -> None:
    real, fake = normal(60, 8), normal(500, 8, seed=1) + 0.2
    assert kid(real, fake, subsets=10)["kid"] == pytest.approx(reference_kid(real, fake, 10, 60), rel=1e-6)


def test_few_samples_are_all_used() -> None:
    real, fake = normal(80, 4), normal(80, 4, seed=1) + 0.5
    a, b = real.double(), fake.double()
    within = [((x @ x.T / 4 + 1) ** 3).fill_diagonal_(0).sum() / (80 * 79) for x in (a, b)]
    between = ((a @ b.T / 4 + 1) ** 3).mean()
    score = kid(real, fake)["kid"]
    assert score == pytest.approx(float(within[0] + within[1] - 2 * between), rel=1e-4)
    assert score == pytest.approx(reference_kid(real, fake, 5, 80), rel=1e-4)


def test_equal_distributions_score_zero_on_average_and_are_negative_half_the_time() -> None:
    scores = torch.tensor(
        [kid(normal(60, 6, seed=seed), normal(60, 6, seed=1000 + seed))["kid"] for seed in range(200)]
    )
    assert abs(scores.mean()) < 3 * scores.std() / 200**0.5
    assert 0.3 < (scores < 0).float().mean() < 0.8


def test_the_standard_error_is_the_deviation_over_independent_draws() -> None:
    draws = [kid(normal(400, 6, seed=seed), normal(400, 6, seed=1000 + seed) + 0.4) for seed in range(100)]
    deviation = np.std([draw["kid"] for draw in draws], ddof=1)
    standard_error = np.sqrt(np.mean([draw["kid_standard_error"] ** 2 for draw in draws]))
    assert standard_error == pytest.approx(deviation, rel=0.25)


def test_the_standard_error_of_equal_distributions_is_not_too_small() -> None:
    draws = [kid(normal(200, 6, seed=seed), normal(200, 6, seed=1000 + seed)) for seed in range(100)]
    deviation = np.std([draw["kid"] for draw in draws], ddof=1)
    standard_error = np.sqrt(np.mean([draw["kid_standard_error"] ** 2 for draw in draws]))
    assert deviation < standard_error < 5 * deviation


def test_samples_sorted_by_class_do_not_increase_the_standard_error() -> None:
    labels = torch.arange(400) // 40
    real, fake = normal(400, 4) + labels[:, None], normal(400, 4, seed=1) + labels[:, None] + 0.5
    order = torch.randperm(400, generator=torch.Generator().manual_seed(0))
    sorted_, mixed = kid(real, fake), kid(real[order], fake[order])
    assert sorted_["kid_standard_error"] < 3 * mixed["kid_standard_error"]


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"metric\.kid\.subsets must be at least 1, got 0"):
        KID(Identity(Points()), subsets=0)
    with pytest.raises(ValueError, match=r"metric\.kid\.subset_size must be at least 2, got 1"):
        KID(Identity(Points()), subset_size=1)
    with pytest.raises(ValueError, match="at least 4 real and 4 generated samples, got 5 and 3"):
        kid(normal(5, 2), normal(3, 2))
    assert KID(Identity(Points())).describe() == {"subsets": 100, "subset_size": 1000}
