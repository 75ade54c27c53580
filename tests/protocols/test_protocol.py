import pytest

from ganlab.protocols import Protocol


def test_selection_and_report_use_different_splits_and_seeds_by_default() -> None:
    report = Protocol()
    selection = report.selection()
    assert (report.split, selection.split) == ("test", "validation")
    assert report.seed != selection.seed
    assert selection.repeats == 1
    assert not any(key.startswith("selection") for key in report.describe())


@pytest.mark.parametrize("name", ["samples", "real_samples", "batch_size", "seed", "repeats", "resamples"])
def test_values_below_their_bounds_are_rejected(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        Protocol(**{name: -1})


def test_unknown_splits_and_one_resample_are_rejected() -> None:
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'tset'"):
        Protocol(split="tset")
    with pytest.raises(ValueError, match="resamples must be 0 or at least 2"):
        Protocol(resamples=1)
