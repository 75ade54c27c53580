import pytest

from ganlab.metrics.intervals import from_standard_errors, half_width, over_repeats, over_resamples


def test_students_interval_of_three_in_closed_form() -> None:
    means, intervals = over_repeats([{"fid": 1.0}, {"fid": 2.0}, {"fid": 3.0}])
    assert means == {"fid": 2}
    half = 4.302653 / 3**0.5  # t of 2 degrees of freedom at 97.5 %, spread 1
    assert intervals["fid"] == pytest.approx([2 - half, 2 + half], rel=1e-6)


def test_one_set_of_samples_has_no_interval() -> None:
    assert over_repeats([{"fid": 1.0}]) == ({"fid": 1.0}, {})
    assert over_resamples({"fid": 1.0}, []) == {}


def test_resamples_give_their_spread_around_the_score_itself() -> None:
    low, high = over_resamples({"fid": 10.0, "kid": 1.0}, [{"fid": 12.0}, {"fid": 13.0}, {"fid": 14.0}])["fid"]
    assert (low + high) / 2 == 10
    assert high - 10 == pytest.approx(half_width([12, 13, 14], False))


def test_a_standard_error_is_an_interval() -> None:
    assert from_standard_errors({"kid": 1.0, "kid_standard_error": 0.5})["kid"] == pytest.approx([0.02, 1.98], abs=1e-3)
