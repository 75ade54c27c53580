import pytest
import torch
from support.metric_sources import Points, compute_scores, normal

from ganlab.features import Identity
from ganlab.metrics import Authenticity


def authenticity(train: torch.Tensor, fake: torch.Tensor) -> float:
    return compute_scores(Authenticity(Identity(Points(width=train.shape[1]))), train, fake)["authenticity"]


def test_copies_are_not_authentic() -> None:
    train = normal(300, 4)
    assert authenticity(train, train) == 0
    assert authenticity(train, train[:50].repeat(3, 1)) == 0
    assert authenticity(train, train + 1e-4 * normal(300, 4, seed=1)) == 0


def test_half_copies_and_half_outliers_score_a_half() -> None:
    train = normal(200, 3)
    assert authenticity(train, torch.cat([train, train + 100])) == 0.5


def test_distances_worked_out_by_hand() -> None:
    train = torch.tensor([[0.0], [1.0], [10.0]])  # the nearest other rows are 1, 1 and 9 away
    fake = torch.tensor([[-0.9], [-1.0], [-1.1], [17.0], [20.0]])
    assert authenticity(train, fake) == 2 / 5


def test_fresh_points_on_a_line_score_a_third() -> None:
    def uniform(seed: int) -> torch.Tensor:
        return torch.rand(8000, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).float() * 1000

    # On a line two thirds of nearest neighbours are mutual: 1 / (1 + c) with c = 1/2, the union of two intervals.
    assert authenticity(uniform(0), uniform(1)) == pytest.approx(1 / 3, abs=0.025)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="2 training samples and 1 generated sample, got 1 and 3"):
        authenticity(normal(1, 2), normal(3, 2))
