"""The checks of restored photographs: their distance and their control."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import linalg

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "tables"))
photo_checks = pytest.importorskip("photo_checks", reason="scikit-image is not installed")


def test_the_distance_is_that_of_the_formula_with_a_matrix_root():
    random = np.random.default_rng(0)
    first, second = random.normal(0, 1, (40, 5)), random.normal(0.5, 2, (30, 5))
    covariances = np.cov(first.T), np.cov(second.T)
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert photo_checks.frechet_distance(first, second) == pytest.approx(expected)
    assert photo_checks.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_the_control_has_the_error_that_is_asked_for():
    truth = torch.full((4, 3, 32, 32), 128, dtype=torch.uint8)
    plain = truth + 3
    noisy = photo_checks.noise_like(plain, truth, error=25.0)
    assert float((noisy.double() - 128).square().mean()) == pytest.approx(25, rel=0.05)
    assert torch.equal(photo_checks.noise_like(plain, truth, error=5.0), plain)  # which has more already
