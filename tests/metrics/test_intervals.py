import pytest

from ganlab.metrics.intervals import bootstrap_intervals, half_width, standard_error_intervals, summarise_repeats


def test_students_interval_of_three_values_in_closed_form() -> None:
    means, intervals = summarise_repeats([{"fid": 1.0}, {"fid": 2.0}, {"fid": 3.0}])
    assert means == {"fid": 2}
    half = 4.302653 / 3**0.5  # t with 2 degrees of freedom at 97.5 %, standard deviation 1
    assert intervals["fid"] == pytest.approx([2 - half, 2 + half], rel=1e-6)


def test_one_sample_set_has_no_interval() -> None:
    assert summarise_repeats([{"fid": 1.0}]) == ({"fid": 1.0}, {})
    assert bootstrap_intervals({"fid": 1.0}, []) == {}


def test_bootstrap_intervals_are_centred_on_the_score() -> None:
    resamples = [{"fid": 12.0}, {"fid": 13.0}, {"fid": 14.0}]
    low, high = bootstrap_intervals({"fid": 10.0, "kid": 1.0}, resamples)["fid"]
    assert (low + high) / 2 == 10
    assert high - 10 == pytest.approx(half_width([12, 13, 14], False))


def test_a_standard_error_gives_an_interval() -> None:
    interval = standard_error_intervals({"kid": 1.0, "kid_standard_error": 0.5})["kid"]
    assert interval == pytest.approx([0.02, 1.98], abs=1e-3)
