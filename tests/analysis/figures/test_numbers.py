"""Scales of axes, and short numbers at ticks."""

import math

import pytest

from ganlab.analysis.figures.numbers import limits, needs_log, short_number


@pytest.mark.parametrize(
    ("value", "text"),
    [(20000, "20k"), (1500, "1.5k"), (2.5e6, "2.5M"), (0.5, "0.5"), (0, "0"), (1e-5, "1e-5"), (-3000, "-3k")],
)
def test_short_numbers(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("values", "is_log"),
    [
        ([1, 100], True),
        ([1, 99], False),
        ([0, 1000], False),
        ([-1, 1000], False),
        ([], False),
        ([1, math.nan, 100], True),
    ],
)
def test_two_decades_of_positive_values_need_a_logarithmic_scale(values, is_log):
    assert needs_log(values) is is_log


def test_limits_contain_the_values_with_a_margin():
    assert limits([0, 10], False) == pytest.approx((-0.6, 10.6))
    assert limits([5], False) == pytest.approx((4.7, 5.3))
    assert limits([0], False) == (-1.0, 1.0)
    assert limits([2], True) == pytest.approx((2 / 1.06, 2 * 1.06))
    assert limits([1, 100], True) == pytest.approx((100**-0.06, 100**1.06))
    assert limits([math.inf, math.nan], False) == (0.0, 1.0)
