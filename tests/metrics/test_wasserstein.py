from itertools import permutations

import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores, normal
from torch import Tensor

from ganlab.features import Identity, RandomConvolution
from ganlab.metrics import Wasserstein


def wasserstein(real: Tensor, fake: Tensor, **settings: int) -> float:
    return compute_scores(Wasserstein(Identity(Points(width=real.shape[1])), **settings), real, fake)["wasserstein"]


def test_a_shift_scores_its_length() -> None:
    real = normal(300, 3)
    assert wasserstein(real, real + torch.tensor([2.0, 3.0, 6.0])) == pytest.approx(7, rel=1e-5)
    assert wasserstein(real, real.flip(0)) == 0


def test_in_one_dimension_sorted_points_are_paired() -> None:
    real, fake = normal(250, 1), normal(250, 1, seed=1) * 3 - 1
    expected = (real.sort(0).values - fake.sort(0).values).double().square().mean().sqrt()
    assert wasserstein(real, fake) == pytest.approx(expected.item(), rel=1e-6)


def test_no_pairing_is_cheaper() -> None:
    real, fake = normal(6, 2), normal(6, 2, seed=1)
    cheapest = min((real - fake[list(order)]).double().square().sum(1).mean() for order in permutations(range(6)))
    assert wasserstein(real, fake) == pytest.approx(cheapest.sqrt().item(), rel=1e-6)


def test_only_the_first_points_are_used() -> None:
    real, fake = normal(50, 2), normal(80, 2, seed=1)
    assert wasserstein(real, fake, points=20) == wasserstein(real[:20], fake[:20])
    assert wasserstein(real, fake) == wasserstein(real, fake[:50])


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"metric\.wasserstein\.points must be at least 1, got 0"):
        Wasserstein(Identity(Points()), points=0)
    with pytest.raises(ValueError, match="choose features=identity or metric=sliced_wasserstein"):
        Wasserstein(RandomConvolution(Pictures()))
    with pytest.raises(ValueError, match="at least 1 real and 1 generated point, got 0 and 4"):
        wasserstein(normal(0, 2), normal(4, 2))
    assert Wasserstein(Identity(Points())).describe() == {"points": 2000}
