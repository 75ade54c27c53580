"""Means, intervals and Welch's test against closed forms, and the format of numbers."""

import math

import pytest

from ganlab.analysis.comparison.numbers import format_cell
from ganlab.analysis.comparison.statistics import summarise, welch
from ganlab.analysis.comparison.table import Cell, Value
from ganlab.core.fields import differences, flatten


def cell(*values, interval=None):
    return Cell.from_values(tuple(Value(value, seed, "", interval) for seed, value in enumerate(values)))


# Student's t has closed forms for one degree of freedom (the Cauchy distribution) and for two.
def test_intervals_of_two_and_three_values_equal_the_closed_forms():
    two = summarise([3.0, 5.0])
    assert (two.mean, two.std) == (4.0, pytest.approx(math.sqrt(2)))
    assert two.high - two.mean == pytest.approx(math.tan(math.pi * 0.475))  # s / √n is 1
    three = summarise([1.0, 2.0, 3.0])
    quantile = 0.95 * math.sqrt(2 / (1 - 0.95**2))
    assert (three.low, three.high) == pytest.approx((2 - quantile / math.sqrt(3), 2 + quantile / math.sqrt(3)))
    assert summarise([0.1] * 3) == (0.1, 0.0, 0.1, 0.1)
    with pytest.raises(ValueError, match="at least 2 values, got 1"):
        summarise([1.0])


def test_the_interval_of_ten_values_has_the_tabulated_quantile():
    # t(0.975) is 2.262 for nine degrees of freedom
    ten = summarise([float(i) for i in range(10)])
    assert ten.high - ten.mean == pytest.approx(2.262157 * ten.std / math.sqrt(10), rel=1e-6)


def test_welch_equals_the_closed_form_and_is_symmetric():
    # for equal sizes and variances Welch's test is Student's with 2n − 2 = 2 degrees of freedom, t = 2 / √2
    t = math.sqrt(2)
    assert welch([0.0, 2.0], [2.0, 4.0]) == pytest.approx(1 - t / math.sqrt(2 + t * t))
    first, second = [9.1, 9.7, 9.3], [10.0, 12.5, 11.1, 10.2]
    assert welch(first, second) == pytest.approx(welch(second, first))
    assert welch([1000 * x for x in first], [1000 * x for x in second]) == pytest.approx(welch(first, second))
    assert welch([x * 1e-170 for x in first], [x * 1e-170 for x in second]) >= 0
    assert (welch([1.0, 1.0], [1.0, 1.0, 1.0]), welch([1.0, 1.0], [2.0, 2.0])) == (1.0, 0.0)
    assert math.isnan(welch([math.nan, 1.0], [1.0, 2.0]))
    with pytest.raises(ValueError, match="at least 2 values per sample, got 1 and 2"):
        welch([1.0], [1.0, 2.0])


def test_welch_equals_scipy():
    from scipy.stats import ttest_ind

    first, second = [9.1, 9.7, 9.3], [10.0, 12.5, 11.1, 10.2]
    assert welch(first, second) == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue, rel=1e-12)


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        (cell(9.7023), "9.702"),
        (cell(8.0), "8"),
        (cell(123456.7), "123457"),
        (cell(0.0), "0"),
        (cell(8.0, 8.0), "8 ± 0"),
        (cell(0.000012345), "1.234e-5"),
        (cell(math.nan), "nan"),
        (cell(9.7023, interval=(9.5811, 9.8)), "9.70 [9.58, 9.80]"),
        (cell(1.0, 3.0), "2 ± 13"),
        (cell(9.702, 9.704), "9.703 ± 0.013"),
        (cell(9.702, 9.704, 9.702), "9.7027 ± 0.0029"),
        (cell(0.00002, 0.000021, 0.00002), "(2.03 ± 0.14)e-5"),
        (cell(math.inf, 1.0), "nan ± nan"),
    ],
)
def test_numbers_have_as_many_digits_as_their_intervals_justify(scores, text):
    assert format_cell(scores, len(scores.values)) == text


def test_a_cell_with_fewer_seeds_than_its_row_shows_its_number():
    assert format_cell(cell(9.7023), 3) == "9.702 (n=1)"
    assert format_cell(None, 3) == "-"


def test_flat_fields_and_their_differences():
    assert flatten({"a": {"b": 1, "c": {}}, "d": [1]}) == {"a.b": 1, "d": [1]}
    assert differences({"a": 5, "b": True, "c": {}}, {"a": 5.0, "b": 1}) == [
        "b is true in one and 1 in the other",
        "c is {} in one and absent in the other",
    ]
    long = "0" * 40
    assert differences({"a": long}, {"a": "1" * 40}) == ["a is 000000000000… in one and 111111111111… in the other"]
    assert differences({"a": long}, {"a": long + "1"}) == [f"a is {long} in one and {long}1 in the other"]
