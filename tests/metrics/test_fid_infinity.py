import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.features import Identity
from ganlab.metrics import FID, FIDInfinity
from ganlab.metrics.frechet import frechet_distance

WIDTH = 32


def fid_infinity(real: Tensor, fake: Tensor, chunk: int = 97, **settings: float) -> float:
    metric = FIDInfinity(Identity(Points(width=real.shape[1])), **settings)
    return compute_scores(metric, real, fake, chunk)["fid_infinity"]


def fid(real: Tensor, fake: Tensor) -> float:
    return compute_scores(FID(Identity(Points(width=real.shape[1]))), real, fake)["fid"]


def test_the_bias_of_few_generated_samples_is_removed() -> None:
    root = normal(WIDTH, WIDTH, seed=1) / 40 + torch.eye(WIDTH)
    real = normal(20_000, WIDTH, seed=2)
    # the bias due to the real samples is of the order of 0.001 here
    truth = float(frechet_distance(torch.zeros(WIDTH), torch.eye(WIDTH), torch.full((WIDTH,), 0.1), root.T @ root))
    draws = [0.1 + normal(400, WIDTH, seed=seed) @ root for seed in range(10, 22)]
    plain, extrapolated = (torch.tensor([score(real, draw) for draw in draws]) - truth for score in (fid, fid_infinity))
    assert plain.min() > 0.5
    assert abs(extrapolated.mean()) < 0.1 * plain.mean() + extrapolated.std() / len(draws) ** 0.5
    assert extrapolated.std() < 2 * plain.std()


def test_a_line_through_two_points() -> None:
    real, fake = normal(50, 3), normal(40, 3, seed=1) + 1
    plain = fid(real, fake)
    extrapolated = fid_infinity(real, fake, points=2, smallest=0.5)
    # The line through FID at N and N/2 meets the axis at 2 FID(N) − FID(N/2).
    assert 2 * plain - extrapolated >= 0
    assert fid_infinity(real, fake, points=2, smallest=0.5, chunk=7) == pytest.approx(extrapolated, rel=1e-12)


def test_many_equal_samples_score_like_fid() -> None:
    real, fake = normal(300, 2), torch.tensor([[1.0, 2.0], [-1.0, -2.0]]).repeat(4000, 1)
    assert fid_infinity(real, fake) == pytest.approx(fid(real, fake), rel=1e-2)


def test_samples_sorted_by_class_do_not_matter() -> None:
    real = torch.cat([normal(2000, 2) - 5, normal(2000, 2, seed=1) + 5])
    fake = torch.cat([normal(2000, 2, seed=2) - 5, normal(2000, 2, seed=3) + 5])
    assert abs(fid_infinity(real, fake)) < 0.5  # it would be 50 if a subset were half of a sorted file


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"metric\.fid_infinity\.points must be at least 2, got 1"):
        FIDInfinity(Identity(Points()), points=1)
    with pytest.raises(ValueError, match=r"metric\.fid_infinity\.smallest must be between 0 and 1, got 1"):
        FIDInfinity(Identity(Points()), smallest=1)
    with pytest.raises(ValueError, match="got 5 and 1 of 2 generated samples; generate more"):
        fid_infinity(normal(5, 2), normal(2, 2))
    assert FIDInfinity(Identity(Points())).describe() == {"points": 5, "smallest": 0.5}
