"""Texts of figures: broken so that they fit, and spread without overlaps."""

import pytest

from ganlab.analysis.figures.style import figure_style
from ganlab.analysis.figures.texts import break_text, spread, text_width


def test_lines_fit_the_width_and_nothing_is_lost():
    text = "regularizer.path_length.weight=2 generator.widths=[512,512,512,512] loss=hinge"
    with figure_style():
        broken = break_text(text, 7, 1.0)
        assert all(text_width(line, 7) <= 1.0 for line in broken.splitlines())
    assert broken.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    assert broken.splitlines()[:2] == ["regularizer.path_", "length.weight=2"]


def test_a_word_without_signs_is_broken_anywhere():
    broken = break_text("x" * 60, 7, 0.5)
    assert len(broken.splitlines()) > 3
    assert broken.replace("\n", "") == "x" * 60


@pytest.mark.parametrize(
    ("centres", "heights", "expected"),
    [
        ([1.0, 3.0], [1.0, 1.0], [1.0, 3.0]),
        ([2.0, 2.0], [1.0, 1.0], [2.0, 3.0]),
        ([3.9, 3.8], [1.0, 1.0], [3.5, 2.5]),
        ([-5.0, 9.0, 9.0], [1.0, 1.0, 1.0], [0.5, 2.5, 3.5]),
    ],
)
def test_intervals_are_spread_in_their_order(centres, heights, expected):
    assert spread(centres, heights, 0.0, 4.0) == pytest.approx(expected)


def test_intervals_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match=r"5 intervals of 5\.00 do not fit 4\.00"):
        spread([1.0] * 5, [1.0] * 5, 0.0, 4.0)
