"""Paths of sines: the recurrence that every sine fulfils, their frequencies, and what they depend on."""

from math import cos, tau

import pytest
import torch

from ganlab.layers.sine_paths import FASTEST, SinePaths


@pytest.fixture
def paths():
    torch.manual_seed(0)
    return SinePaths(inputs=3, width=4)


def test_each_number_is_a_sine_of_one_frequency_below_the_limit(paths) -> None:
    torch.manual_seed(1)
    found = paths(torch.randn(5, 12, 3), torch.randn(5, 4)).double()
    before, middle, after = found[:, :-2], found[:, 1:-1], found[:, 2:]
    # x(t + 1) + x(t − 1) = 2 cos(2π f) x(t) for any amplitude and phase
    cosine = ((before + after) * middle).sum(1) / (2 * middle.square().sum(1))
    torch.testing.assert_close(before + after, 2 * cosine[:, None] * middle, atol=1e-4, rtol=0)
    assert (cosine > cos(tau * FASTEST)).all()
    assert (cosine.std(0) > 1e-3).all()  # clips differ in their frequencies


def test_paths_depend_on_the_start_and_on_the_mean_of_the_sequence(paths) -> None:
    sequence, start = torch.randn(2, 6, 3), torch.randn(2, 4)
    expected = paths(sequence, start)
    torch.testing.assert_close(paths(sequence.flip(1), start), expected)
    assert (paths(sequence + 1, start) - expected).abs().max() > 0.01
    assert (paths(sequence, start + 1) - expected).abs().max() > 0.01
