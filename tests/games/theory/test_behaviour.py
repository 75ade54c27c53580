import math

import pytest
import torch

from ganlab.games.theory import NotDifferentiableError, classify_path, convergence_rate, jacobian

STEPS = torch.arange(400, dtype=torch.float64)


def spiral(factor, turn=0.2, middle=(0.0, 0.0)):
    distance = factor**STEPS
    points = torch.stack([distance * (turn * STEPS).cos(), distance * (turn * STEPS).sin()], 1)
    return points + torch.tensor(middle)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (spiral(0.99), "converges"),
        (spiral(1.01), "diverges"),
        (spiral(1.0), "circles"),
        (spiral(1.0, middle=(2.0, 0.0)), "misses"),
        (torch.ones(400, 2), "misses"),
        # As the inverse root of the steps: slow, but convergent.
        (spiral(1.0) / (1 + STEPS).sqrt()[:, None], "converges"),
        (torch.cat([spiral(1.0), torch.full((1, 2), math.inf)]), "diverges"),
        (torch.cat([spiral(1.0), torch.zeros(400, 2)]), "converges"),
    ],
)
def test_paths_are_classified(path, expected):
    assert classify_path(path) == expected


def test_a_path_of_too_few_rows_is_refused():
    with pytest.raises(ValueError, match="at least 8 rows to be classified by its quarters, got 7"):
        classify_path(torch.ones(7, 2))


@pytest.mark.parametrize("factor", [0.9, 0.999, 1.0, 1.02])
def test_the_rate_of_a_spiral_is_its_factor(factor):
    assert convergence_rate(spiral(factor)) == pytest.approx(factor, abs=1e-9)


def test_a_path_at_0_has_no_rate():
    assert math.isnan(convergence_rate(torch.zeros(10, 2)))


def test_the_jacobian_of_a_smooth_function():
    def function(x):
        return torch.stack([x[0] * x[1], x[0].sin() + 3 * x[1] ** 2])

    at = torch.tensor([0.7, -0.4], dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(function, at)
    torch.testing.assert_close(jacobian(function, at), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    "function",
    [
        torch.abs,
        torch.sign,
        lambda x: x.abs().sqrt(),
        lambda x: torch.where(x < 0, x, 2 * x),
        lambda x: (x[:1] * x[1:]).abs().sqrt(),  # flat along both axes, steep along the diagonal
        lambda x: x / 0,
    ],
)
def test_functions_without_a_derivative_are_refused(function):
    with pytest.raises(NotDifferentiableError):
        jacobian(function, torch.zeros(2, dtype=torch.float64))
