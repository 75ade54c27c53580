"""The baseline of pictures: a Gaussian in the space of principal components."""

import sys
from pathlib import Path

import numpy as np
import pytest

TABLES = Path(__file__).parents[2] / "scripts" / "tables"


@pytest.fixture(scope="module")
def draw():
    sys.path.insert(0, str(TABLES))
    try:
        from gaussian_baseline import draw
    finally:
        sys.path.remove(str(TABLES))
    return draw


@pytest.fixture(scope="module")
def train():
    """Return pictures whose pixels are far from black and white, with a covariance of rank 3."""
    numbers = np.random.default_rng(0)
    codes, directions = numbers.normal(size=(4000, 3)) * [12, 6, 3], np.linalg.qr(numbers.normal(size=(48, 3)))[0].T
    return (128 + codes @ directions).round().astype(np.uint8).reshape(4000, 4, 4, 3)


def test_samples_have_the_mean_and_the_covariance_of_the_pictures(draw, train):
    samples = draw(train, 3, 20_000, seed=1)
    assert (samples.shape, samples.dtype) == ((20_000, 4, 4, 3), np.uint8)
    real, fake = (pictures.reshape(len(pictures), -1).astype(float) for pictures in (train, samples))
    assert np.abs(real.mean(0) - fake.mean(0)).max() < 0.3
    difference = np.cov(real.T) - np.cov(fake.T)
    assert np.linalg.norm(difference) < 0.06 * np.linalg.norm(np.cov(real.T))


def test_components_that_are_left_out_have_no_variance(draw, train):
    rows = draw(train, 1, 5000, seed=1).reshape(5000, -1).astype(float)
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    assert values[0] == pytest.approx(144, rel=0.1)
    assert values[1] < 1  # rounding


def test_samples_depend_on_the_seed_alone(draw, train):
    assert np.array_equal(draw(train, 3, 50, seed=1), draw(train, 3, 50, seed=1))
    assert not np.array_equal(draw(train, 3, 50, seed=1), draw(train, 3, 50, seed=2))
