"""Intervals of scores with a range, such as a distance, do not leave it."""

import json

import pytest
from support.run_files import only, write_seeds

from ganlab.analysis.comparison import as_csv, as_latex, as_table, compare
from ganlab.analysis.comparison.numbers import format_cell
from ganlab.analysis.comparison.statistics import summarise
from ganlab.analysis.comparison.table import Cell, Value
from ganlab.core.errors import UserError
from ganlab.core.score_range import POSITIVE, SHARE, UNBOUNDED, clip_interval
from ganlab.sweeps.results.configurations import Configuration, Score


@pytest.mark.parametrize(
    ("interval", "value", "bounds", "expected"),
    [
        ((-1.0, 3.0), 1.0, POSITIVE, (0.0, 3.0)),
        ((0.5, 1.3), 0.9, SHARE, (0.5, 1.0)),
        ((-0.2, 1.2), 0.5, SHARE, (0.0, 1.0)),
        ((-1.0, 3.0), 1.0, UNBOUNDED, (-1.0, 3.0)),
        ((-2e-7, 0.0), -1e-7, POSITIVE, (-1e-7, 0.0)),  # rounding: the interval always contains the value
    ],
)
def test_an_interval_ends_where_the_range_does(interval, value, bounds, expected):
    assert clip_interval(interval, value, bounds) == expected


def values(*numbers, interval=None):
    return tuple(Value(number, seed, "", interval) for seed, number in enumerate(numbers))


@pytest.mark.parametrize(
    ("numbers", "bounds", "text"),
    [
        ((1.0, 3.0), POSITIVE, "2 +13 -2"),
        ((1.0, 3.0), UNBOUNDED, "2 ± 13"),
        ((9.702, 9.704), POSITIVE, "9.703 ± 0.013"),
        ((0.98, 1.0, 0.96), SHARE, "0.980 +0.020 -0.050"),
        ((0.00002, 0.00004), POSITIVE, "(0.3 +1.3 -0.3)e-4"),
        ((0.0, 0.0), POSITIVE, "0 ± 0"),
        ((float("nan"), 1.0), POSITIVE, "nan ± nan"),
    ],
)
def test_a_clipped_interval_is_written_with_both_distances(numbers, bounds, text):
    assert format_cell(Cell.from_values(values(*numbers), bounds), len(numbers)) == text


def test_the_range_of_the_score_file_bounds_every_format(tmp_path):
    write_seeds(tmp_path, [1.0, 3.0], ranges={"fid": [0, None]})
    comparison = compare(tmp_path)
    cell = only(comparison).rows[0].cells["fid"]
    assert (cell.low, cell.high) == (0.0, pytest.approx(summarise([1.0, 3.0]).high))
    text = as_table(comparison, 100)
    assert "  2 +13 -2\n" in text
    assert "+ and - are the distances to the ends of that interval if it ends where the score's range does" in text
    assert "fid,2,2.0," in as_csv(comparison)
    assert "$2^{+13}_{-2}$" in as_latex(comparison)


def test_the_interval_of_one_run_is_bounded(tmp_path):
    write_seeds(tmp_path, [1.0], intervals={"fid": [-1.0, 3.0]}, ranges={"fid": [0, None]})
    assert "  1 [0, 3]\n" in as_table(compare(tmp_path), 100).replace(".0", "")


def test_a_file_without_ranges_has_no_bounds(tmp_path):
    write_seeds(tmp_path, [1.0, 3.0])
    assert only(compare(tmp_path)).rows[0].cells["fid"].low == pytest.approx(summarise([1.0, 3.0]).low)


def test_the_score_of_a_sweep_has_both_distances_too():
    score = Score.from_values([1.0, 3.0], POSITIVE)
    assert (score.low, score.high) == (0.0, pytest.approx(summarise([1.0, 3.0]).high))
    assert Configuration((), (), "finished", {"fid": score}).format_score("fid") == "2 +13 -2"
    assert Configuration((), (), "finished", {"fid": Score.from_values([1.0, 3.0])}).format_score("fid") == "2 ± 13"


@pytest.mark.parametrize("ranges", [{"fid": [0]}, {"fid": ["0", None]}, [1]])
def test_damaged_ranges_are_reported(ranges, tmp_path):
    run = write_seeds(tmp_path, [1.0]) / "0" / "scores.json"
    run.write_text(json.dumps(json.loads(run.read_text()) | {"ranges": ranges}))
    with pytest.raises(UserError, match=r"scores\.json is not a score file"):
        compare(tmp_path)
