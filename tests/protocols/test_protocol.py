import pytest

from ganlab.protocols import Protocol


def test_what_chooses_and_what_is_reported_differ_by_default() -> None:
    report = Protocol()
    choosing = report.selection()
    assert (report.split, choosing.split) == ("test", "validation")
    assert report.seed != choosing.seed
    assert choosing.repeats == 1
    assert not any(key.startswith("selection") for key in report.describe())


@pytest.mark.parametrize("name", ["samples", "real_samples", "batch_size", "seed", "repeats", "resamples"])
def test_values_below_their_bounds_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        Protocol(**{name: -1})


def test_splits_and_spreads_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'tset'"):
        Protocol(split="tset")
    with pytest.raises(ValueError, match="resamples must be 0 or at least 2"):
        Protocol(resamples=1)
