import math

import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores, normal

from ganlab.features import Identity, RandomConvolution
from ganlab.metrics import Modes


def modes_of(points: torch.Tensor, data: Points | None = None) -> dict[str, float]:
    data = data or Points()
    metric = Modes(Identity(data), data)
    return compute_scores(metric, None, points, 7)


def test_the_mixture_itself_is_covered() -> None:
    data = Points()
    scores = modes_of(data.modes.repeat(500, 1) + data.sigma * normal(2000, 2), data)
    assert scores["modes"] == 4
    assert scores["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)  # Rayleigh: P(r ≤ 3σ) = 1 − e^{−9/2}
    assert scores["reverse_kl"] == pytest.approx(0, abs=1e-12)


def test_collapse_to_one_of_four_modes() -> None:
    scores = modes_of(torch.zeros(20, 2))
    assert scores == {"modes": 1, "high_quality": 1, "reverse_kl": pytest.approx(math.log(4))}


def test_only_samples_within_three_sigma_are_of_high_quality() -> None:
    points = torch.tensor([[1.49, 0.0], [8.49, 0.0], [0.0, 10.0], [0.0, 8.6]])
    scores = modes_of(points)
    assert scores["modes"] == 2  # the second point is 1.51 away from its mode, and 3σ = 1.5
    assert scores["high_quality"] == 0.75
    assert scores["reverse_kl"] == pytest.approx(1.5 * math.log(2) * -1 + math.log(4))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="at least 1 generated sample, got 0"):
        modes_of(torch.empty(0, 2))
    with pytest.raises(ValueError, match="sigma must be positive, got 0"):
        Modes(Identity(Points()), Points(sigma=0))
    with pytest.raises(ValueError, match="choose a mixture, or remove modes"):
        Modes(Identity(Points()), Pictures())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="choose features=identity"):
        Modes(RandomConvolution(Pictures()), Points())
